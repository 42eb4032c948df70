#include "net/windows/proxy_choice.h"

#include <gtest/gtest.h>

#include <map>

namespace keyturn::net {
namespace {

using Kind = ProxyChoice::Kind;

Result<ProxyChoice> choose(const std::string& url, std::map<std::string, std::string> variables) {
  return choose_proxy(url, [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(ProxyChoice, TheEnvironmentComesBeforeTheSystem) {
  EXPECT_EQ(choose("https://a.example/", {})->kind, Kind::of_system);
  const auto named = choose("https://a.example/", {{"HTTPS_PROXY", "http://proxy.example:3128/"}});
  EXPECT_EQ(named->kind, Kind::named);
  EXPECT_EQ(named->address, "proxy.example:3128");
  EXPECT_EQ(choose("https://a.example/", {{"https_proxy", "proxy:1"}})->address, "proxy:1");
  EXPECT_EQ(choose("http://a.example/", {{"https_proxy", "proxy:1"}})->kind, Kind::of_system);
  EXPECT_EQ(choose("http://a.example/", {{"all_proxy", "proxy:1"}})->address, "proxy:1");
}

TEST(ProxyChoice, NoProxyExemptsNamesAndWhatIsBelowThem) {
  const auto kind = [](const std::string& url, const std::string& no_proxy) {
    return choose(url, {{"https_proxy", "proxy:1"}, {"no_proxy", no_proxy}})->kind;
  };
  EXPECT_EQ(kind("https://a.example/", "*"), Kind::none);
  EXPECT_EQ(kind("https://A.example:8443/x", "b, a.EXAMPLE"), Kind::none);
  EXPECT_EQ(kind("https://x.a.example/", ".a.example"), Kind::none);
  EXPECT_EQ(kind("https://x.a.example/", "a.example"), Kind::none);
  EXPECT_EQ(kind("https://xa.example/", "a.example"), Kind::named);
  EXPECT_EQ(kind("https://10.0.0.1/", "10.0.0.1"), Kind::none);
  EXPECT_EQ(kind("https://a.example/", " , "), Kind::named);
}

TEST(ProxyChoice, RefusesProxiesOfOtherKinds) {
  for (const char* proxy : {"socks5://p:1", "http://user:SECRETBYTES@p:1", "https://p:1"}) {
    const auto choice = choose("https://a/", {{"https_proxy", proxy}});
    ASSERT_FALSE(choice) << proxy;
    EXPECT_EQ(choice.error().message.find("SECRETBYTES"), std::string::npos);
  }
}

}  // namespace
}  // namespace keyturn::net
