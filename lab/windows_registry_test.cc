#include "lab/windows_registry.h"

#include <gmock/gmock.h>

namespace keyturn::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The file's text is ASCII, two bytes a character.
std::string narrow(const std::string& utf16) {
  EXPECT_EQ(utf16.substr(0, 2), "\xff\xfe");
  std::string text;
  for (std::size_t i = 2; i < utf16.size(); i += 2) {
    EXPECT_EQ(utf16[i + 1], '\0');
    text += utf16[i];
  }
  return text;
}

const std::string kRoot = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server";

TEST(WindowsRegistry, HoldsWhatSetupLeaves) {
  const std::string text = narrow(sql_server_registry(
      {{"", 1500, "16.0.4085.2", "Enterprise Edition (64-bit)", true, {}, ""},
       {"CRM", 1501, "17.0.1000.7", "Standard Edition (64-bit)", true, {}, "localhost"}}));
  EXPECT_TRUE(text.starts_with("Windows Registry Editor Version 5.00\r\n"));
  // "MSSQLSERVER", "CRM", and an empty one behind.
  EXPECT_THAT(text, HasSubstr("\"InstalledInstances\"=hex(7):4d,00,53,00,"));
  EXPECT_THAT(text, HasSubstr(",43,00,52,00,4d,00,00,00,00,00\r\n"));
  EXPECT_THAT(text, HasSubstr(kRoot + "\\Instance Names\\SQL]\r\n\"MSSQLSERVER\"=\"MSSQL16.MSSQLSERVER\"\r\n"
                                      "\"CRM\"=\"MSSQL17.CRM\"\r\n"));
  const std::string tcp = "\\MSSQLServer\\SuperSocketNetLib\\Tcp\\IPAll]\r\n";
  EXPECT_THAT(text, HasSubstr(kRoot + "\\MSSQL16.MSSQLSERVER" + tcp +
                              "\"TcpPort\"=\"1500\"\r\n\"TcpDynamicPorts\"=\"\"\r\n"));
  EXPECT_THAT(text, HasSubstr(kRoot + "\\MSSQL17.CRM" + tcp +
                              "\"TcpPort\"=\"\"\r\n\"TcpDynamicPorts\"=\"1501\"\r\n"));
  EXPECT_THAT(text, HasSubstr("\"Edition\"=\"Standard Edition\"\r\n\"SQLCluster\"=dword:00000001\r\n"));
  EXPECT_THAT(text, HasSubstr(kRoot + "\\MSSQL17.CRM\\Cluster]\r\n\"ClusterName\"=\"localhost\"\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("MSSQL16.MSSQLSERVER\\Cluster")));
}

TEST(WindowsRegistry, ServicesAreCalledAfterTheirInstances) {
  EXPECT_EQ(service_name({}), "MSSQLSERVER");
  EXPECT_EQ(service_name({"PAYROLL", 0, "", "", true, {}, ""}), "MSSQL$PAYROLL");
}

}  // namespace
}  // namespace keyturn::lab
