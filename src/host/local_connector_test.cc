#include "host/local_connector.h"

#include <gtest/gtest.h>

#include "base/path.h"

namespace keyturn::host {
namespace {

std::vector<Instance> found() {
  std::vector<Instance> instances(2);
  instances[0].address = {"127.0.0.1", 1433, ""};
  instances[1].address = {"127.0.0.1", 1434, ""};
  return instances;
}

class NamedConnector final : public sqlserver::SqlConnector {
 public:
  NamedConnector(std::string name, std::string& used) : name_(std::move(name)), used_(used) {}
  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress&,
                                                         const sqlserver::SqlLogin&, Duration) override {
    used_ = name_;
    return fail(ErrorKind::unavailable, name_);
  }

 private:
  const std::string name_;
  std::string& used_;
};

class FakeMachine final : public Machine {
 public:
  bool trusted = true;
  std::vector<Instance> instances() override { return {}; }
  Result<void> check_listener(const sqlserver::SqlAddress&) override {
    if (trusted) return {};
    return fail(ErrorKind::denied, "somebody else's");
  }
};

class LocalConnectorTest : public testing::Test {
 protected:
  std::string connect(std::vector<Instance> instances, bool always_configured = false) {
    used_.clear();
    Connectors connectors;
    connectors.configured = std::make_shared<NamedConnector>("configured", used_);
    connectors.unnamed =
        [this](const std::filesystem::path& certificate) -> Result<std::shared_ptr<sqlserver::SqlConnector>> {
      return std::make_shared<NamedConnector>("unnamed:" + utf8_of(certificate), used_);
    };
    connectors.always_configured = always_configured;
    auto connector = LocalConnector::open(machine_, instances, connectors);
    (void)(*connector)->connect(instances.back().address, {}, std::chrono::seconds{1});
    return used_;
  }
  FakeMachine machine_;
  std::string used_;
};

TEST_F(LocalConnectorTest, EachAddressHasItsRule) {
  auto instances = found();
  EXPECT_EQ(connect(instances), "unnamed:");
  instances.back().certificate = "/sql.pem";
  EXPECT_EQ(connect(instances), "unnamed:/sql.pem");
  EXPECT_EQ(connect(instances, true), "configured");
  instances.back().is_local = false;
  instances.back().address.host = "sql01.example.com";
  EXPECT_EQ(connect(instances), "configured");
}

TEST_F(LocalConnectorTest, NobodyElseGetsTheLogin) {
  machine_.trusted = false;
  EXPECT_EQ(connect(found()), "");
  EXPECT_EQ(connect(found(), true), "configured");  // the certificate tells
}

TEST_F(LocalConnectorTest, InstancesWithoutAPortAreToldApart) {
  auto instances = found();
  for (Instance& instance : instances) instance.address = {"127.0.0.1", 0, "", ""};
  instances[0].address.channel = "lpc:(local)";
  instances[1].address.channel = R"(lpc:(local)\PAYROLL)";
  instances[0].is_local = false;  // by the configured rules, if it were taken for the other
  EXPECT_EQ(connect(instances), "unnamed:");
  std::swap(instances[0], instances[1]);
  EXPECT_EQ(connect(instances), "configured");
}

}  // namespace
}  // namespace keyturn::host
