#include "render/rights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "render/rights_scope.h"

namespace keyturn::render {
namespace {

using nlohmann::json;

setup::Config config_of(const std::string& text) {
  const auto config = setup::parse_config(text, "test.toml");
  EXPECT_TRUE(config) << config.error().sentence();
  return *config;
}

AccountPlace place() {
  AccountPlace place;
  place.account = "111122223333";
  place.region = "eu-central-1";
  return place;
}

std::vector<Right> rights_of(Role role, const std::string& text, const AccountPlace& place) {
  const setup::Config config = config_of(text);
  const RightsScope scope = scope_of(config, config.rotations.front(), place);
  return filled_rights(role, scope.needs, scope.values);
}

const Right* find(const std::vector<Right>& rights, const std::string& sid) {
  const auto found = std::find_if(rights.begin(), rights.end(), [&](const Right& r) { return r.sid == sid; });
  return found == rights.end() ? nullptr : &*found;
}

constexpr const char* kSsm =
    "[[rotation]]\niam_user = \"backups\"\n[rotation.fleet]\nvia = \"ssm\"\nec2_tags = { SQL = \"2022\" }\n";

TEST(Rights, EachRowSaysWhatItIsFor) {
  std::set<std::string> sids;
  for (const Right& row : rights_table()) {
    EXPECT_TRUE(sids.insert(row.sid).second) << row.sid << " is there twice";
    EXPECT_TRUE(std::all_of(row.sid.begin(), row.sid.end(), [](unsigned char c) { return std::isalpha(c); }));
    EXPECT_GT(row.why.size(), 20U) << row.sid;
    EXPECT_FALSE(row.actions.empty());
    EXPECT_FALSE(row.resources.empty());
    for (const std::string& action : row.actions)
      EXPECT_EQ(action.find('*'), std::string::npos) << row.sid << ": " << action;
  }
}

TEST(Rights, NoPlaceholderIsLeft) {
  for (const Role role : {Role::controller, Role::host, Role::backup_user})
    for (const Right& right : rights_of(role, kSsm, place()))
      for (const std::string& resource : right.resources)
        EXPECT_EQ(resource.find_first_of("{}"), std::string::npos) << resource;
}

TEST(Rights, NameTheUserAndTheSecrets) {
  const auto rights = rights_of(Role::controller, kSsm, place());
  ASSERT_NE(find(rights, "TurnTheKey"), nullptr);
  EXPECT_EQ(find(rights, "TurnTheKey")->resources,
            std::vector<std::string>{"arn:aws:iam::111122223333:user/backups"});
  EXPECT_EQ(find(rights, "KeepTheKey")->resources,
            std::vector<std::string>{
                "arn:aws:secretsmanager:eu-central-1:111122223333:secret:sqlcredential-??????"});
  EXPECT_EQ(find(rights, "ReadTheUser"), nullptr) << "the configuration names the user";
  EXPECT_EQ(find(rights, "ReadTheLogin"), nullptr) << "over Systems Manager it is the hosts' alone";
}

TEST(Rights, ASecretThatIsGivenByItsArnIsThatOne) {
  const char* arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf";
  const auto rights = rights_of(
      Role::controller,
      std::string("[[rotation]]\niam_user = \"backups\"\ncredential_secret = \"") + arn + "\"\n", place());
  EXPECT_EQ(find(rights, "KeepTheKey")->resources, std::vector<std::string>{arn});
}

TEST(Rights, CommandsGoToTheFleetAlone) {
  const auto rights = rights_of(Role::controller, kSsm, place());
  const Right* send = find(rights, "SendToTheFleet");
  ASSERT_NE(send, nullptr);
  ASSERT_EQ(send->conditions.size(), 1U);
  EXPECT_EQ(send->conditions[0].key, "ssm:resourceTag/SQL");
  EXPECT_EQ(send->conditions[0].value, "2022");
  EXPECT_EQ(find(rights, "SendToTheHosts"), nullptr);
}

TEST(Rights, EveryTagOfTheFleetIsAskedFor) {
  const auto rights = rights_of(Role::controller,
                                "[[rotation]]\niam_user = \"backups\"\n[rotation.fleet]\nvia = \"ssm\"\n"
                                "ec2_tags = { SQL = \"2022\", Stage = \"2022\", Team = \"d*\" }\n",
                                place());
  const auto policy = json::parse(policy_json({*find(rights, "SendToTheFleet")}));
  EXPECT_EQ(policy["Statement"][0]["Condition"],
            (json{{"StringEquals", {{"ssm:resourceTag/SQL", "2022"}, {"ssm:resourceTag/Stage", "2022"}}},
                  {"StringLike", {{"ssm:resourceTag/Team", "d*"}}}}));
}

TEST(Rights, HostsThatAreListedAreNamedOneByOne) {
  const auto rights = rights_of(Role::controller,
                                "[[rotation]]\niam_user = \"backups\"\n[rotation.fleet]\nvia = \"ssm\"\n"
                                "instance_ids = [\"i-0123456789abcdef0\", \"mi-0123456789abcdef0\"]\n",
                                place());
  ASSERT_NE(find(rights, "SendToTheHosts"), nullptr);
  EXPECT_EQ(find(rights, "SendToTheHosts")->resources,
            (std::vector<std::string>{
                "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0",
                "arn:aws:ssm:eu-central-1:111122223333:managed-instance/mi-0123456789abcdef0"}));
  EXPECT_EQ(find(rights, "SendToTheFleet"), nullptr);
  EXPECT_EQ(find(rights, "FindInstances"), nullptr);
}

TEST(Rights, DirectNeedsNoCommand) {
  const auto rights =
      rights_of(Role::controller,
                "[[rotation]]\niam_user = \"backups\"\n[[rotation.target]]\nhost = \"sql01\"\n", place());
  for (const Right& right : rights)
    for (const std::string& action : right.actions) EXPECT_FALSE(action.starts_with("ssm:")) << action;
  ASSERT_NE(find(rights, "ReadTheLogin"), nullptr);
  EXPECT_EQ(find(rights, "ReadTheLogin")->resources.size(), 2U);
}

TEST(Rights, OptionsBringTheirs) {
  EXPECT_EQ(find(rights_of(Role::host, kSsm, place()), "OpenSecrets"), nullptr);
  AccountPlace more = place();
  more.kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1";
  more.package = "tools/keyturn.zip";
  const auto rights = rights_of(Role::host, kSsm, more);
  ASSERT_NE(find(rights, "OpenSecrets"), nullptr);
  EXPECT_EQ(find(rights, "OpenSecrets")->resources, std::vector<std::string>{more.kms_key});
  ASSERT_NE(find(rights, "FetchThePackage"), nullptr);
  EXPECT_EQ(find(rights, "FetchThePackage")->resources,
            std::vector<std::string>{"arn:aws:s3:::tools/keyturn.zip"});
  EXPECT_EQ(find(rights, "FetchTheProgram"), nullptr);
}

TEST(Rights, TheBackupUserWritesBelowItsPathAlone) {
  AccountPlace backups = place();
  backups.object_places = {"backups/sql", "backups/other"};
  const auto rights = rights_of(Role::backup_user, kSsm, backups);
  EXPECT_EQ(find(rights, "FindTheBucket")->resources, std::vector<std::string>{"arn:aws:s3:::backups"});
  EXPECT_EQ(find(rights, "WriteBackups")->resources,
            (std::vector<std::string>{"arn:aws:s3:::backups/sql/*", "arn:aws:s3:::backups/other/*"}));
  EXPECT_EQ(find(rights, "ReadBackups"), nullptr);
}

TEST(Rights, AreWrittenAsIamReadsThem) {
  const auto policy = json::parse(policy_json(rights_of(Role::controller, kSsm, place())));
  EXPECT_EQ(policy["Version"], "2012-10-17");
  EXPECT_EQ(policy["Statement"][0]["Effect"], "Allow");
  const auto& intents = policy["Statement"][2];
  EXPECT_EQ(intents["Sid"], "WriteIntents");
  EXPECT_EQ(intents["Condition"]["ForAllValues:StringLike"]["aws:TagKeys"], "keyturn:intent:*");
}

}  // namespace
}  // namespace keyturn::render
