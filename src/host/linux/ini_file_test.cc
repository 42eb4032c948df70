#include "host/linux/ini_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "host/linux/mssql_conf.h"

namespace keyturn::host {
namespace {

TEST(IniFile, TakesEverySpelling) {
  const IniFile file = IniFile::parse(
      "\xEF\xBB\xBF[network]\r\n"
      "; a comment\r\n"
      "# another = 1\r\n"
      "  TcpPort=1433  \r\n"
      "ipaddress : 10.0.0.5 ; the second card\r\n"
      "tlscert = \"/etc/ssl/a;b #c.pem\" # quoted\n"
      "tlskey='/etc/ssl/key'\n"
      "empty =\n"
      "nothing = # only a comment\n"
      "hash = a#b;c\n"
      "rubbish\n"
      "[ Memory ] trailing\n"
      "memorylimitmb = 4096\n"
      "[network\n"
      "unclosed = memory's still\n"
      "[NETWORK]\n"
      "tcpport = 1544");
  EXPECT_EQ(file.value("network", "tcpport"), "1544");  // the last one counts
  EXPECT_EQ(file.value("Network", "IPADDRESS"), "10.0.0.5");
  EXPECT_EQ(file.value("network", "tlscert"), "/etc/ssl/a;b #c.pem");
  EXPECT_EQ(file.value("network", "tlskey"), "/etc/ssl/key");
  EXPECT_EQ(file.value("network", "hash"), "a#b;c");
  EXPECT_EQ(file.value("memory", "memorylimitmb"), "4096");
  EXPECT_EQ(file.value("memory", "unclosed"), "memory's still");
  for (const char* none : {"empty", "nothing", "rubbish", "another", "missing"})
    EXPECT_EQ(file.value("network", none), std::nullopt) << none;
}

TEST(MssqlConf, IsReadWithItsDefaults) {
  const auto conf = parse_mssql_conf("");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->port, 1433);
  EXPECT_EQ(conf->address, "");
  EXPECT_EQ(conf->tls_certificate, "");
  EXPECT_EQ(conf->error_log, "/var/opt/mssql/log/errorlog");
  EXPECT_EQ(conf->master_file, "/var/opt/mssql/data/master.mdf");
}

TEST(MssqlConf, ReadsWhatKeyturnNeeds) {
  const auto conf = parse_mssql_conf(
      "[network]\ntcpport = 14330\nipaddress = fe80::1\ntlscert = /etc/ssl/sql.pem\n"
      "[filelocation]\nerrorlogfile = /log/errorlog\nmasterdatafile = /data/master.mdf\n"
      "[EULA]\naccepteula = Y\n");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->port, 14330);
  EXPECT_EQ(conf->address, "fe80::1");
  EXPECT_EQ(conf->tls_certificate, "/etc/ssl/sql.pem");
  EXPECT_EQ(conf->error_log, "/log/errorlog");
  EXPECT_EQ(conf->master_file, "/data/master.mdf");
}

TEST(MssqlConf, ListeningEverywhereIsNoAddress) {
  for (const char* everywhere : {"0.0.0.0", "::"})
    EXPECT_EQ(parse_mssql_conf(std::string("[network]\nipaddress = ") + everywhere)->address, "");
}

TEST(MssqlConf, WhatCannotBeAPortOrAnAddressIsToldAndNotRepeated) {
  for (const char* port : {"0", "65536", "-1", "14 33", "x", "99999999999999999999", "1433,1434", "0x599"}) {
    const auto conf = parse_mssql_conf(std::string("[network]\ntcpport = ") + port);
    ASSERT_FALSE(conf) << port;
    EXPECT_EQ(conf.error().kind, ErrorKind::usage);
    EXPECT_NE(conf.error().message.find("network.tcpport"), std::string::npos);
  }
  EXPECT_FALSE(parse_mssql_conf("[network]\nipaddress = sql01;Trusted_Connection=yes"));
  EXPECT_FALSE(parse_mssql_conf("[network]\nipaddress = sql01.example.com"));
}

RC_GTEST_PROP(MssqlConf, NoTextIsTooDamaged, (const std::string& text)) {
  (void)parse_mssql_conf(text);
  (void)parse_mssql_conf("[network]\n" + text);
  (void)parse_mssql_conf("[network]\ntcpport" + text);
}

TEST(MssqlConf, AFileCutAnywhereIsReadOrRefused) {
  const std::string text = "[network]\ntcpport = 14330\nipaddress = 10.0.0.5\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto conf = parse_mssql_conf(text.substr(0, length));
    if (length >= text.find("ipaddress")) {
      ASSERT_TRUE(conf) << length;
      EXPECT_EQ(conf->port, 14330);
    }
  }
}

}  // namespace
}  // namespace keyturn::host
