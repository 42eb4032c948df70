// Whatever a registry holds, nothing crashes, and an instance in good order is found.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "host/windows/fakes_for_test.h"
#include "host/windows/windows_machine.h"

namespace keyturn::host {
namespace {

const std::vector<std::string> kKeys = {
    "",
    R"(\Instance Names)",
    R"(\Instance Names\SQL)",
    R"(\Instance Names\OLAP)",
    R"(\MSSQL16.BAD)",
    R"(\MSSQL16.BAD\Setup)",
    R"(\MSSQL16.BAD\Cluster)",
    R"(\MSSQL16.BAD\MSSQLServer\SuperSocketNetLib\Tcp)",
    R"(\MSSQL16.BAD\MSSQLServer\SuperSocketNetLib\Tcp\IPAll)",
    R"(\MSSQL16.BAD\MSSQLServer\SuperSocketNetLib\Tcp\IP1)",
    R"(\MSSQL16.BAD\MSSQLServer\SuperSocketNetLib\Np)",
    R"(\MSSQL16.BAD\MSSQLServer\SuperSocketNetLib\Sm)",
};
const std::vector<std::string> kNames = {
    "InstalledInstances", "BAD",         "Version", "PatchLevel",     "Edition",
    "SQLCluster",         "ClusterName", "Enabled", "ListenOnAllIPs", "TcpPort",
    "TcpDynamicPorts",    "IpAddress",   "Active",  "PipeName",
};

RegistryValue any_value() {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return *rc::gen::arbitrary<std::string>();
    case 1:
      return *rc::gen::arbitrary<std::vector<std::string>>();
    case 2:
      return *rc::gen::inRange<std::uint64_t>(0, 3);
    default:
      return *rc::gen::element<std::string>("1433", "0", "1433,1533", "127.0.0.1", "::1", "MSSQL16.BAD",
                                            "SQLCLU01");
  }
}

class NoClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return {}; }
  void sleep_for(Duration, const StopFlag*) override {}
};

RC_GTEST_PROP(DamagedRegistry, HidesNoInstanceThatIsInGoodOrder, ()) {
  const auto registry = std::make_shared<FakeRegistry>();
  registry->add_instance("BAD", "1500");
  const std::string good = registry->add_instance("GOOD", "1433");
  const int changes = *rc::gen::inRange(0, 12);
  for (int i = 0; i < changes; ++i) {
    const std::string key = kSqlServer + *rc::gen::elementOf(kKeys);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        if (key != kSqlServer && !key.ends_with("Names") && !key.ends_with("SQL")) registry->remove(key);
        break;
      case 1:
        if (key != kSqlServer) registry->deny(key);
        break;
      default:
        registry->set(key, *rc::gen::elementOf(kNames), any_value());
    }
  }
  const auto services = std::make_shared<FakeServices>();
  services->services["MSSQL$GOOD"] = WindowsService{WindowsServiceState::running, 7, false, false};
  services->services["MSSQL$BAD"] = WindowsService{
      *rc::gen::element(WindowsServiceState::running, WindowsServiceState::stopped), 8, true, false};
  NoClock clock;
  MachineSettings settings;
  settings.start_patience = Duration{0};
  WindowsMachine machine(settings, {registry, services, std::make_shared<FakeNetwork>()}, clock, nullptr);
  const auto found = machine.instances();
  const auto intact =
      std::find_if(found.begin(), found.end(), [](const Instance& each) { return each.name == "GOOD"; });
  RC_ASSERT(intact != found.end());
  RC_ASSERT(intact->address.port == 1433);
  RC_ASSERT((intact->unreachable + intact->skipped + intact->unknown_address).empty());
  for (const Instance& each : found) (void)machine.check_listener(each.address);
}

RC_GTEST_PROP(DamagedRegistry, NoBytesAreTooDamaged, (std::uint32_t type, const std::string& bytes)) {
  (void)decode_value(type % 16, bytes);
}

}  // namespace
}  // namespace keyturn::host
