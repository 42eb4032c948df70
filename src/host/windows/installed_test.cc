#include "host/windows/installed.h"

#include <gtest/gtest.h>

#include "host/windows/fakes_for_test.h"

namespace keyturn::host {
namespace {

const std::string kNamesKey = kSqlServer + R"(\Instance Names)";
const std::string kSql = kNamesKey + R"(\SQL)";
const std::string k32 = R"(SOFTWARE\WOW6432Node\Microsoft\Microsoft SQL Server)";

// "MSSQLSERVER=MSSQL16.MSSQLSERVER PAYROLL=?"; a "?" behind the name where only a service would show it.
std::string found_in(const FakeRegistry& registry) {
  const auto found = find_installed(registry);
  if (!found) return found.error().sentence();
  std::string text;
  for (const Installed& each : *found) {
    const std::string id = each.key.substr(each.key.rfind('\\') + 1);
    text += (text.empty() ? "" : " ") + each.name + (each.is_certain ? "=" : "?=") +
            (each.is_32bit ? "32:" : "") + id;
  }
  return text;
}

TEST(Installed, TheDefaultInstanceIsFirst) {
  FakeRegistry registry;
  EXPECT_EQ(found_in(registry), "");
  registry.add_instance("payroll", "1500", "MSSQL16.PAYROLL");
  registry.add_instance("MSSQLSERVER", "1433");
  registry.add_instance("CRM", "1501", "MSSQL17.CRM");
  EXPECT_EQ(found_in(registry), "MSSQLSERVER=MSSQL16.MSSQLSERVER CRM=MSSQL17.CRM payroll=MSSQL16.PAYROLL");
  EXPECT_EQ(service_of("mssqlserver"), "MSSQLSERVER");
  EXPECT_EQ(service_of("CRM"), "MSSQL$CRM");
}

TEST(Installed, WhatOneListLacksTheOtherShows) {
  FakeRegistry registry;
  registry.add_instance("A", "1500");
  registry.add_instance("B", "1501");
  registry.set(kSqlServer, "InstalledInstances", std::vector<std::string>{"a"});
  EXPECT_EQ(found_in(registry), "A=MSSQL16.A B=MSSQL16.B");
  registry.remove(kSql);
  registry.set(kSqlServer, "InstalledInstances", "B");  // a text, not a list
  EXPECT_EQ(found_in(registry), "A?=MSSQL16.A B=MSSQL16.B");
  registry.set(kSqlServer, "InstalledInstances", std::uint64_t{7});
  EXPECT_EQ(found_in(registry), "A?=MSSQL16.A B?=MSSQL16.B");
}

TEST(Installed, ADamagedIdIsFoundByTheKeys) {
  FakeRegistry registry;
  registry.add_instance("A", "1500");
  for (const RegistryValue& id :
       std::vector<RegistryValue>{"", std::uint64_t{3}, R"(..\x)", "MSSQL99.A", "MSAS16.A"}) {
    registry.set(kSql, "A", id);
    EXPECT_EQ(found_in(registry), "A=MSSQL16.A");
  }
  registry.add_key(kSqlServer + R"(\MSSQL9.A)");
  registry.add_key(kSqlServer + R"(\MSSQL10_50.A)");
  EXPECT_EQ(found_in(registry), "A=MSSQL16.A");
  registry.remove(kSqlServer + R"(\MSSQL16.A)");
  EXPECT_EQ(found_in(registry), "A=MSSQL10_50.A");
  registry.remove(kSqlServer + R"(\MSSQL9.A)");
  registry.remove(kSqlServer + R"(\MSSQL10_50.A)");
  EXPECT_EQ(found_in(registry), "A=");
}

TEST(Installed, AnIdThatIsThereGoesBeforeNewerKeys) {
  FakeRegistry registry;
  registry.add_instance("A", "1500", "MSSQL.1");
  registry.add_key(kSqlServer + R"(\MSSQL17.A)");
  EXPECT_EQ(found_in(registry), "A=MSSQL.1");
  registry.deny(kSqlServer + R"(\MSSQL.1)");  // there, though it can't be read
  EXPECT_EQ(found_in(registry), "A=MSSQL.1");
}

TEST(Installed, OtherServicesAreNoInstances) {
  FakeRegistry registry;
  registry.add_instance("A", "1500");
  registry.set(kSqlServer, "InstalledInstances", std::vector<std::string>{"A", "CUBES", "SSRS", "GONE"});
  registry.set(kNamesKey + R"(\OLAP)", "CUBES", "MSAS16.CUBES");
  registry.set(kNamesKey + R"(\RS)", "SSRS", "SSRS");
  registry.add_key(kSqlServer + R"(\MSAS16.CUBES)");
  registry.add_key(kSqlServer + R"(\SSRS)");
  EXPECT_EQ(found_in(registry), "A=MSSQL16.A CUBES?= GONE= SSRS?=");
}

TEST(Installed, A32BitOneCountsWhereNo64BitOneHasItsName) {
  FakeRegistry registry;
  registry.add_instance("A", "1500");
  registry.set(k32 + R"(\Instance Names\SQL)", "a", "MSSQL16.A");
  registry.set(k32 + R"(\Instance Names\SQL)", "OLD", "MSSQL12.OLD");
  EXPECT_EQ(found_in(registry), "A=MSSQL16.A OLD?=32:MSSQL12.OLD");
}

TEST(Installed, WhatCanBeNoNameIsPassedOver) {
  FakeRegistry registry;
  registry.add_instance("A", "1500");
  registry.set(kSqlServer, "InstalledInstances",
               std::vector<std::string>{"", "A", "A", R"(B\C)", "D E", "F;G", std::string(65, 'x'), "\x01"});
  registry.set(kSql, R"(H\I)", "MSSQL16.H");
  for (const char* key :
       {"MSSQL16.", "MSSQL.x", "MSSQLx.y", "MSSQL99999999.z", "160", "Client", "MSSQL16.a b"})
    registry.add_key(kSqlServer + '\\' + key);
  EXPECT_EQ(found_in(registry), "A=MSSQL16.A");
}

TEST(Installed, ALockedKeyIsAnErrorAndNoneIsNot) {
  FakeRegistry registry;
  registry.deny(kSqlServer);
  const auto found = find_installed(registry);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::denied);
}

}  // namespace
}  // namespace keyturn::host
