#include "aws/secrets_manager_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "aws/access_key_text.h"
#include "aws/test_support.h"

namespace keyturn::aws {
namespace {

using Json = nlohmann::json;
using rotation::Stage;

constexpr const char* kKeyA = "AKIAAAAAAAAAAAAAAAAA";
constexpr const char* kKeyB = "AKIABBBBBBBBBBBBBBBB";
constexpr const char* kKeyC = "AKIACCCCCCCCCCCCCCCC";

// One secret, as Secrets Manager keeps it.
class FakeSecret {
 public:
  struct Version {
    std::string value;
    std::set<std::string> stages;
    double created_s = 0;
  };
  std::map<std::string, Version> versions;
  std::map<std::string, std::string> tags;
  std::vector<std::string> calls;
  std::string denied;                                     // an operation that is not allowed
  std::function<void(const std::string& stage)> on_read;  // before a value is read: the world moves

  Result<net::HttpResponse> answer(const net::HttpRequest& request) {
    const std::string operation(net::find_header(request.headers, "X-Amz-Target").substr(15));
    calls.push_back(operation);
    const Json body = Json::parse(request.body);
    if (operation == denied) return refuse("AccessDeniedException");
    if (operation == "DescribeSecret") return ok(describe());
    if (operation == "ListSecretVersionIds") return ok(list(body));
    if (operation == "GetSecretValue") return get(body);
    if (operation == "PutSecretValue") return put(body);
    if (operation == "UpdateSecretVersionStage") return move(body);
    if (operation == "TagResource") tags[body["Tags"][0]["Key"]] = body["Tags"][0]["Value"];
    if (operation == "UntagResource") tags.erase(body["TagKeys"][0].get<std::string>());
    return ok(Json::object());
  }

 private:
  static Result<net::HttpResponse> ok(const Json& body) { return reply(200, body.dump()); }
  static Result<net::HttpResponse> refuse(const std::string& code) {
    return reply(400, Json{{"__type", code}, {"Message", "m"}}.dump());
  }
  [[nodiscard]] Json describe() const {
    Json body{
        {"ARN", "arn"}, {"Name", "sqlcredential"}, {"LastChangedDate", 1000.5}, {"Tags", Json::array()}};
    for (const auto& [id, version] : versions)
      if (!version.stages.empty()) body["VersionIdsToStages"][id] = version.stages;
    for (const auto& [key, value] : tags) body["Tags"].push_back({{"Key", key}, {"Value", value}});
    return body;
  }
  // Two to a page.
  [[nodiscard]] Json list(const Json& request) const {
    const auto from = std::size_t(std::stoi(request.value("NextToken", "0")));
    Json page{{"Versions", Json::array()}};
    std::size_t i = 0;
    for (const auto& [id, version] : versions) {
      if (i >= from && i < from + 2)
        page["Versions"].push_back(
            {{"VersionId", id}, {"VersionStages", version.stages}, {"CreatedDate", version.created_s}});
      ++i;
    }
    if (from + 2 < versions.size()) page["NextToken"] = std::to_string(from + 2);
    return page;
  }
  Result<net::HttpResponse> get(const Json& request) {
    const std::string stage = request.value("VersionStage", "");
    if (on_read) on_read(stage);
    const auto found = request.contains("VersionId")
                           ? versions.find(request["VersionId"])
                           : std::find_if(versions.begin(), versions.end(), [&](const auto& each) {
                               return each.second.stages.contains(stage.empty() ? "AWSCURRENT" : stage);
                             });
    if (found == versions.end() || found->second.value.empty() ||
        (!stage.empty() && !found->second.stages.contains(stage)))
      return refuse("ResourceNotFoundException");
    return ok({{"VersionId", found->first}, {"SecretString", found->second.value}});
  }
  void take(const std::string& stage) {
    for (auto& [id, version] : versions) version.stages.erase(stage);
  }
  Result<net::HttpResponse> put(const Json& request) {
    const std::string token = request["ClientRequestToken"];
    const std::string value = request["SecretString"];
    if (versions.contains(token))
      return versions[token].value == value ? ok(Json::object()) : refuse("ResourceExistsException");
    take("AWSPENDING");
    versions[token] = {value, {"AWSPENDING"}, 2000};
    return ok(Json::object());
  }
  Result<net::HttpResponse> move(const Json& request) {
    const std::string stage = request["VersionStage"];
    const std::string from = request.value("RemoveFromVersionId", "");
    if (!from.empty() && !versions[from].stages.contains(stage)) return refuse("InvalidParameterException");
    take(stage);
    if (stage == "AWSCURRENT" && !from.empty()) {
      take("AWSPREVIOUS");
      versions[from].stages.insert("AWSPREVIOUS");
    }
    if (request.contains("MoveToVersionId")) versions[request["MoveToVersionId"]].stages.insert(stage);
    return ok(Json::object());
  }
};

class SecretsManagerStoreTest : public testing::Test {
 protected:
  FakeSecret secret_;
  Bench bench_{[this](const net::HttpRequest& request) { return secret_.answer(request); }};
  SecretsManagerStore store_{SecretsManager(bench_.client(SecretsManager::traits())), "sqlcredential"};
  const TimePoint later_ = bench_.clock.now() + std::chrono::minutes{5};

  [[nodiscard]] long count(const std::string& operation) const {
    return std::count(secret_.calls.begin(), secret_.calls.end(), operation);
  }
};

std::string value_of(const std::string& id) { return id + ":secret/+bytes"; }

TEST_F(SecretsManagerStoreTest, ObservesStagesDatesKeysAndIntents) {
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSPREVIOUS"}, 10}},
                      {"v2", {value_of(kKeyB), {"AWSCURRENT"}, 20}},
                      {"v3", {value_of(kKeyC), {"AWSPENDING"}, 30}}};
  secret_.tags = {{"keyturn:intent:run-1", std::string("2026-01-02T03:04:05Z ") + kKeyA},
                  {"keyturn:intent:run-2", "rubbish"},
                  {"keyturn:intent:", "2026-01-02T03:04:05Z"},
                  {"owner", "dba"}};
  const auto state = store_.observe({});
  ASSERT_TRUE(state) << state.error().sentence();
  EXPECT_EQ(state->name, "sqlcredential");
  EXPECT_EQ(state->stage_changed_at, from_epoch_s(1000.5));
  ASSERT_EQ(state->versions.size(), 3U);
  EXPECT_EQ(state->at(Stage::current)->key_id, kKeyB);
  EXPECT_EQ(state->at(Stage::pending)->key_id, kKeyC);
  EXPECT_EQ(state->at(Stage::previous)->key_id, kKeyA);
  EXPECT_EQ(state->at(Stage::previous)->created_at, from_epoch_s(10));
  ASSERT_EQ(state->intents.size(), 1U);
  EXPECT_EQ(state->intents[0].run_id, "run-1");
  EXPECT_EQ(state->intents[0].existing, std::vector<std::string>{kKeyA});
}

TEST_F(SecretsManagerStoreTest, ReadsUnlabelledVersionsOnlyForKeysThatNoLabelNames) {
  secret_.versions = {{"v1", {value_of(kKeyA), {}, 10}},
                      {"v2", {value_of(kKeyB), {"AWSCURRENT"}, 20}},
                      {"v3", {value_of(kKeyC), {}, 30}}};
  ASSERT_TRUE(store_.observe({kKeyB}));
  EXPECT_EQ(count("GetSecretValue"), 1);
  const auto state = store_.observe({kKeyB, kKeyA});
  ASSERT_TRUE(state);
  ASSERT_NE(state->naming(kKeyA), nullptr);
  EXPECT_EQ(state->naming(kKeyA)->id, "v1");
  EXPECT_EQ(count("GetSecretValue"), 3);
  ASSERT_TRUE(store_.observe({kKeyB, kKeyA}));
  EXPECT_EQ(count("GetSecretValue"), 3);  // values never change
}

TEST_F(SecretsManagerStoreTest, APlaceholderOrAVersionWithoutValueNamesNoKey) {
  secret_.versions = {{"v1", {"AAA:bbbbbb", {"AWSCURRENT"}, 10}}, {"v2", {"", {"AWSPENDING"}, 20}}};
  const auto state = store_.observe({kKeyA});
  ASSERT_TRUE(state) << state.error().sentence();
  EXPECT_FALSE(state->at(Stage::current)->key_id);
  EXPECT_FALSE(state->at(Stage::pending)->key_id);
  const auto pair = store_.read("v1");
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().sentence().find("bbbbbb"), std::string::npos);
}

TEST_F(SecretsManagerStoreTest, TheSameTokenIsALock) {
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}}};
  const rotation::KeyPair mine{kKeyB, SecretString("mine")};
  const rotation::KeyPair theirs{kKeyC, SecretString("theirs")};
  ASSERT_TRUE(store_.put_pending("v2", mine, later_));
  ASSERT_TRUE(store_.put_pending("v2", mine, later_));
  const auto refused = store_.put_pending("v2", theirs, later_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().effect, Effect::none);
  const auto read = store_.read("v2");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->secret.reveal(), "mine");
}

TEST_F(SecretsManagerStoreTest, PromotionIsACompareAndSwap) {
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}},
                      {"v2", {value_of(kKeyB), {"AWSPENDING"}, 20}}};
  ASSERT_TRUE(store_.promote("v1", "v2", later_));
  const auto state = store_.stages();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->at(Stage::current)->id, "v2");
  EXPECT_EQ(state->at(Stage::previous)->id, "v1");
  const auto again = store_.promote("v1", "v2", later_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(store_.drop_pending("v2", later_));
  EXPECT_EQ(store_.drop_pending("v2", later_).error().kind, ErrorKind::conflict);
}

TEST_F(SecretsManagerStoreTest, StagesAreReadOffTheValuesWhereDescribeSecretIsDenied) {
  secret_.denied = "DescribeSecret";
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}},
                      {"v2", {value_of(kKeyB), {"AWSPENDING"}, 20}}};
  const auto both = store_.stages();
  ASSERT_TRUE(both) << both.error().sentence();
  EXPECT_EQ(both->at(Stage::pending)->id, "v2");
  EXPECT_EQ(both->at(Stage::current)->id, "v1");
  ASSERT_TRUE(store_.promote("v1", "v2", later_));
  const auto one_version = store_.stages();
  EXPECT_EQ(one_version->at(Stage::pending), one_version->at(Stage::current));
  ASSERT_TRUE(store_.drop_pending("v2", later_));
  const auto promoted = store_.stages();
  EXPECT_EQ(promoted->at(Stage::pending), nullptr);
  EXPECT_EQ(promoted->at(Stage::current)->id, "v2");
  EXPECT_EQ(count("DescribeSecret"), 1);  // denied once is enough
}

TEST_F(SecretsManagerStoreTest, APromotionBetweenTheTwoReadsIsNotOverlooked) {
  secret_.denied = "DescribeSecret";
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}},
                      {"v2", {value_of(kKeyB), {"AWSPENDING"}, 20}}};
  int reads = 0;
  secret_.on_read = [&](const std::string&) {
    if (++reads == 2)
      secret_.versions = {{"v1", {value_of(kKeyA), {"AWSPREVIOUS"}, 10}},
                          {"v2", {value_of(kKeyB), {"AWSCURRENT"}, 20}}};
  };
  const auto state = store_.stages();
  ASSERT_TRUE(state);
  const bool v1_looks_right = state->at(Stage::current)->id == "v1" && state->at(Stage::pending) == nullptr;
  EXPECT_FALSE(v1_looks_right);
}

TEST_F(SecretsManagerStoreTest, StagesAreNotGuessedWhereNothingMayBeRead) {
  secret_.denied = "DescribeSecret";
  EXPECT_EQ(store_.stages().error().kind, ErrorKind::not_found);
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}}};
  ASSERT_TRUE(store_.stages());
  secret_.denied = "GetSecretValue";
  EXPECT_EQ(store_.stages().error().kind, ErrorKind::denied);
}

TEST_F(SecretsManagerStoreTest, IntentsComeAndGoOneByOne) {
  secret_.versions = {{"v1", {value_of(kKeyA), {"AWSCURRENT"}, 10}}};
  const rotation::Intent one{"run-1", bench_.clock.now(), {kKeyA, kKeyB}};
  const rotation::Intent two{"run-2", bench_.clock.now(), {}};
  ASSERT_TRUE(store_.write_intent(one, later_));
  ASSERT_TRUE(store_.write_intent(two, later_));
  ASSERT_TRUE(store_.close_intent("run-1", later_));
  const auto state = store_.observe({});
  ASSERT_EQ(state->intents.size(), 1U);
  EXPECT_EQ(state->intents[0].run_id, "run-2");
}

TEST(AccessKeyText, ParsesPairs) {
  const auto parse = [](const std::string& text) { return parse_key_text(SecretString(text)); };
  EXPECT_EQ(parse(value_of(kKeyA) + "\r\n")->secret.reveal(), "secret/+bytes");
  EXPECT_EQ(parse(std::string(kKeyA) + ":a:b")->secret.reveal(), "a:b");
  for (const std::string text :
       {"", ":", "AAA:bbbbbb", "AKIAAAAAAAAAAAAAAAAA", "AKIAAAAAAAAAAAAAAAAA:", "AKIA'AAAAAAAAAAAAAAA:x"})
    EXPECT_FALSE(parse(text)) << text;
}

RC_GTEST_PROP(AccessKeyText, IntentsRoundTrip, (std::uint32_t at_s, std::uint8_t keys)) {
  const rotation::Intent intent{"run", TimePoint{std::chrono::seconds{at_s}},
                                std::vector<std::string>(keys % 3, "AKIAIOSFODNN7EXAMPLE")};
  const std::string text = format_intent(intent);
  RC_ASSERT(text.size() <= 256U);
  const auto parsed = parse_intent(intent_tag_key("run"), text);
  RC_ASSERT(parsed && parsed->at == intent.at && parsed->existing == intent.existing &&
            parsed->run_id == "run");
}

RC_GTEST_PROP(AccessKeyText, AnyTagIsParsedOrIgnored, (const std::string& text)) {
  (void)parse_intent(intent_tag_key("run"), text);
  (void)parse_intent(intent_tag_key("run"), "2026-01-02T03:04:05Z" + text);
}

}  // namespace
}  // namespace keyturn::aws
