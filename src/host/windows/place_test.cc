#include "host/windows/place.h"

#include <gtest/gtest.h>

#include "host/windows/fakes_for_test.h"
#include "host/windows/installed.h"

namespace keyturn::host {
namespace {

class PlaceTest : public testing::Test {
 protected:
  // "127.0.0.1:1433", the channel, or the problem.
  std::string place(const std::string& instance = "PAYROLL") {
    const auto settings = read_server_settings(registry_, key_, instance);
    EXPECT_TRUE(settings);
    const Place chosen =
        choose_place(instance, settings.value_or(ServerSettings{}), [this](const Endpoint& endpoint) {
          return listening_.contains(endpoint.address + ":" + std::to_string(endpoint.port));
        });
    note_ = chosen.note;
    EXPECT_EQ(chosen.address.instance, instance);
    if (!chosen.problem.empty()) return chosen.problem;
    if (!chosen.address.channel.empty()) return chosen.address.channel;
    return chosen.address.host + ":" + std::to_string(chosen.address.port);
  }
  void set(const std::string& key, const std::string& name, const RegistryValue& value) {
    registry_.set(key_ + R"(\MSSQLServer\SuperSocketNetLib\)" + key, name, value);
  }
  void ports(const RegistryValue& fixed, const RegistryValue& dynamic) {
    set(R"(Tcp\IPAll)", "TcpPort", fixed);
    set(R"(Tcp\IPAll)", "TcpDynamicPorts", dynamic);
  }
  void single_addresses() { set("Tcp", "ListenOnAllIPs", std::uint64_t{0}); }
  void cluster(const std::string& name) {
    registry_.set(key_ + R"(\Cluster)", "ClusterName", name);
    registry_.set(key_ + R"(\Setup)", "SQLCluster", std::uint64_t{1});
  }

  FakeRegistry registry_;
  const std::string key_ = registry_.add_instance("PAYROLL", "1500");
  std::set<std::string> listening_;
  std::string note_;
};

TEST_F(PlaceTest, AFixedPortGoesBeforeADynamicOne) {
  EXPECT_EQ(place(), "127.0.0.1:1500");
  EXPECT_EQ(note_, "");
  ports("", "50123");
  EXPECT_EQ(place(), "127.0.0.1:50123");
  ports("1500", "50123");
  EXPECT_EQ(place(), "127.0.0.1:1500");
  ports(std::uint64_t{1501}, "");  // another type
  EXPECT_EQ(place(), "127.0.0.1:1501");
}

TEST_F(PlaceTest, OfSeveralPortsTheFirstThatItListensOn) {
  ports("1433, 1533;1433", "0");
  EXPECT_EQ(place(), "127.0.0.1:1433");
  EXPECT_EQ(note_, "Of its ports 1433 and 1533 this is the first.");
  listening_ = {":1533"};
  EXPECT_EQ(place(), "127.0.0.1:1533");
  EXPECT_EQ(note_, "Of its ports 1433 and 1533 this is the first that it listens on.");
  listening_ = {":1433", ":1533"};
  EXPECT_EQ(place(), "127.0.0.1:1433");
}

TEST_F(PlaceTest, WithoutAPortTheDefaultInstanceHasTheUsualOne) {
  for (const char* none : {"", "0", " ", "0,0"}) {
    ports("", none);
    EXPECT_EQ(place("MSSQLSERVER"), "127.0.0.1:1433") << none;
    EXPECT_NE(note_.find("no port"), std::string::npos);
    EXPECT_EQ(place(), R"(lpc:(local)\PAYROLL)") << none;
  }
  registry_.remove(key_ + kTcpKey);
  EXPECT_EQ(place("MSSQLSERVER"), "127.0.0.1:1433");
}

TEST_F(PlaceTest, JunkIsNoPort) {
  for (const char* junk : {"fourteen", "70000", "-1", "1433x", "99999999999999999999", "0x599"}) {
    ports(junk, "");
    EXPECT_EQ(place(), R"(lpc:(local)\PAYROLL)") << junk;
    EXPECT_EQ(place("MSSQLSERVER"), "lpc:(local)") << junk;  // not the usual one
    EXPECT_NE(note_.find(junk), std::string::npos) << note_;
  }
  ports("fourteen,1500", "");
  EXPECT_EQ(place(), "127.0.0.1:1500");
  ports("fourteen", "50123");
  EXPECT_EQ(place(), "127.0.0.1:50123");
}

TEST_F(PlaceTest, OfSingleAddressesLoopbackIsPreferred) {
  single_addresses();
  registry_.add_ip(key_, "IP1", "10.0.0.5", "1601");
  EXPECT_EQ(place(), "10.0.0.5:1601");
  EXPECT_EQ(note_, "");
  registry_.add_ip(key_, "IP2", "::1", "1602");
  EXPECT_EQ(place(), "::1:1602");
  registry_.add_ip(key_, "IP10", "127.0.0.1", "1603");
  EXPECT_EQ(place(), "127.0.0.1:1603");
  EXPECT_EQ(note_, "Of its ports 127.0.0.1:1603, [::1]:1602 and 10.0.0.5:1601 this is the first.");
  listening_ = {"10.0.0.5:1601"};
  EXPECT_EQ(place(), "10.0.0.5:1601");
}

TEST_F(PlaceTest, AnAddressThatIsDisabledInactiveOrNoneIsNotUsed) {
  single_addresses();
  registry_.add_ip(key_, "IP1", "127.0.0.1", "1601", 1, 0);
  registry_.add_ip(key_, "IP2", "10.0.0.6", "1602", 0);
  registry_.add_ip(key_, "IP3", "0.0.0.0", "1603");
  registry_.add_ip(key_, "IP4", "ten", "1604");
  registry_.add_ip(key_, "IP5", "10.0.0.7", "0");
  registry_.add_key(key_ + kTcpKey + R"(\IP6)");
  EXPECT_EQ(place(), R"(lpc:(local)\PAYROLL)");
  EXPECT_NE(note_.find("none of the addresses"), std::string::npos) << note_;
  listening_ = {"10.0.0.6:1602"};  // the registry is out of date
  EXPECT_EQ(place(), "10.0.0.6:1602");
  registry_.add_ip(key_, "IP2", "10.0.0.5", "1602");
  EXPECT_EQ(place(), "10.0.0.5:1602");
}

TEST_F(PlaceTest, WithoutTcpThereAreSharedMemoryAndThePipe) {
  set("Tcp", "Enabled", std::uint64_t{0});
  EXPECT_EQ(place(), R"(lpc:(local)\PAYROLL)");
  EXPECT_EQ(note_, "Not over TCP: TCP is disabled.");
  EXPECT_EQ(place("MSSQLSERVER"), "lpc:(local)");
  set("Sm", "Enabled", std::uint64_t{0});
  EXPECT_NE(place().find("TCP is disabled, and it has neither"), std::string::npos) << place();
  set("Np", "Enabled", std::uint64_t{1});
  EXPECT_EQ(place(), R"(np:\\.\pipe\MSSQL$PAYROLL\sql\query)");
  EXPECT_EQ(place("MSSQLSERVER"), R"(np:\\.\pipe\sql\query)");
  set("Np", "PipeName", R"(\\.\pipe\own\name)");
  EXPECT_EQ(place(), R"(np:\\.\pipe\own\name)");
  for (const char* junk :
       {R"(\\other\pipe\sql\query)", R"(\\.\pipe\)", "sql", R"(\\.\pipe\x;Trusted_Connection=yes)"}) {
    set("Np", "PipeName", junk);
    EXPECT_NE(place().find("neither"), std::string::npos) << junk;
  }
  EXPECT_EQ(pipe_of_channel("lpc:(local)", "MSSQLSERVER"), R"(\\.\pipe\SQLLocal\MSSQLSERVER)");
  EXPECT_EQ(pipe_of_channel(R"(lpc:(local)\PAYROLL)", "PAYROLL"), R"(\\.\pipe\SQLLocal\PAYROLL)");
  EXPECT_EQ(pipe_of_channel(R"(np:\\.\pipe\own\name)", "PAYROLL"), R"(\\.\pipe\own\name)");
}

TEST_F(PlaceTest, AClustersInstanceIsAtItsNetworkName) {
  cluster("SQLCLU01");
  EXPECT_EQ(place(), "SQLCLU01:1500");
  EXPECT_EQ(place("MSSQLSERVER"), "SQLCLU01:1500");
  ports("", "0");
  EXPECT_EQ(place(), "SQLCLU01:0");  // SQL Browser tells
  single_addresses();
  registry_.add_ip(key_, "IP1", "127.0.0.1", "1601");
  registry_.add_ip(key_, "IP2", "10.0.0.5", "1602");
  EXPECT_EQ(place(), "SQLCLU01:1602");  // it does not listen on loopback
  set("Tcp", "Enabled", std::uint64_t{0});
  EXPECT_NE(place().find("TCP is disabled"), std::string::npos);  // and shared memory does not lead to it
  set("Np", "Enabled", std::uint64_t{1});
  set("Np", "PipeName", R"(\\.\pipe\$$\SQLCLU01\sql\query)");
  EXPECT_EQ(place(), R"(np:\\.\pipe\$$\SQLCLU01\sql\query)");
}

TEST_F(PlaceTest, AClusterWithoutItsNameIsToldSo) {
  registry_.set(key_ + R"(\Setup)", "SQLCluster", std::uint64_t{1});
  EXPECT_NE(place().find("network name"), std::string::npos);
  for (const char* junk : {"", "a b", "x;UID=sa"}) {
    cluster(junk);
    EXPECT_NE(place().find("network name"), std::string::npos) << junk;
  }
  single_addresses();
  registry_.add_ip(key_, "IP1", "10.0.0.5", "1601");
  EXPECT_EQ(place(), "10.0.0.5:1601");
}

TEST_F(PlaceTest, VersionAndEditionAreReadWhereTheyAreThere) {
  const auto settings = [this] { return *read_server_settings(registry_, key_, "PAYROLL"); };
  EXPECT_EQ(settings().product_version, "16.0.4135.4");
  EXPECT_EQ(settings().edition, "Standard Edition");
  EXPECT_FALSE(settings().is_cluster);
  registry_.set(key_ + R"(\Setup)", "PatchLevel", "later");
  EXPECT_EQ(settings().product_version, "16.0.1000.6");
  registry_.set(key_ + R"(\Setup)", "Edition", std::string("Enter\nprise ") + std::string(500, 'x'));
  EXPECT_EQ(settings().edition.size(), 128U);
  EXPECT_EQ(settings().edition.find('\n'), std::string::npos);
  registry_.remove(key_ + R"(\Setup)");
  EXPECT_EQ(settings().product_version, "");
  registry_.set(key_ + R"(\MSSQLServer\CurrentVersion)", "CurrentVersion", "16.0.1.2");
  EXPECT_EQ(settings().product_version, "16.0.1.2");
  registry_.deny(key_);
  EXPECT_FALSE(read_server_settings(registry_, key_, "PAYROLL"));
}

}  // namespace
}  // namespace keyturn::host
