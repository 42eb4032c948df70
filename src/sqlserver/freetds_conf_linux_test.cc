#include "sqlserver/freetds_conf.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace keyturn::sqlserver {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

fs::path conf_path() { return std::getenv("FREETDSCONF"); }

TEST(FreetdsConf, ASectionAsksForEncryptionAndChecksTheCertificate) {
  auto conf = FreetdsConf::shared().value();
  const auto section = conf->add({"sql01.example", 1444, std::chrono::seconds{5}, "", true});
  ASSERT_TRUE(section);
  const std::string text = text_of(conf_path());
  EXPECT_NE(text.find("[" + section->name() + "]\nhost = sql01.example\nport = 1444\n"), std::string::npos);
  EXPECT_NE(text.find("encryption = require\n"), std::string::npos);
  EXPECT_NE(text.find("ca file = system\ncheck certificate hostname = yes\n"), std::string::npos);
}

TEST(FreetdsConf, TrustLeavesTheCheckOutButNotTheEncryption) {
  auto conf = FreetdsConf::shared().value();
  const auto section = conf->add({"sql01", 1433, std::chrono::seconds{5}, "", false});
  const std::string text = text_of(conf_path());
  EXPECT_EQ(text.find("ca file"), std::string::npos);
  EXPECT_NE(text.find("encryption = require\n"), std::string::npos);
}

TEST(FreetdsConf, OnlyTheOwnerReadsIt) {
  auto conf = FreetdsConf::shared().value();
  const auto section = conf->add({"sql01", 1433, std::chrono::seconds{5}, "", true});
  EXPECT_EQ(fs::status(conf_path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(conf_path().parent_path()).permissions(), fs::perms::owner_all);
}

TEST(FreetdsConf, ItHoldsOnlyTheSectionsInUseAndGoesWithItsLastUser) {
  auto conf = FreetdsConf::shared().value();
  const fs::path path = conf_path();
  { const auto first = conf->add({"gone", 1433, std::chrono::seconds{5}, "", true}); }
  const auto second = conf->add({"here", 1433, std::chrono::seconds{5}, "", true});
  EXPECT_EQ(text_of(path).find("host = gone"), std::string::npos);
  EXPECT_NE(text_of(path).find("host = here"), std::string::npos);
  EXPECT_EQ(FreetdsConf::shared().value(), conf);
}

TEST(FreetdsConf, TheFolderIsRemovedInTheEnd) {
  auto conf = FreetdsConf::shared().value();
  const fs::path folder = conf_path().parent_path();
  EXPECT_TRUE(fs::exists(folder));
  conf.reset();
  EXPECT_FALSE(fs::exists(folder));
}

TEST(FreetdsConf, NothingCanBeSlippedIntoTheFile) {
  auto conf = FreetdsConf::shared().value();
  for (const char* host : {"", "a b", "a\nencryption = off", "a;b", "[x]"}) {
    const auto section = conf->add({host, 1433, std::chrono::seconds{5}, "", true});
    ASSERT_FALSE(section) << host;
    EXPECT_EQ(section.error().kind, ErrorKind::usage);
  }
  EXPECT_FALSE(conf->add({"sql01", 1433, std::chrono::seconds{5}, "/nowhere/ca.pem", true}));
}

}  // namespace
}  // namespace keyturn::sqlserver
