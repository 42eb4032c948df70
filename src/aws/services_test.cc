#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aws/ec2.h"
#include "aws/iam.h"
#include "aws/iam_key_issuer.h"
#include "aws/s3.h"
#include "aws/secrets_manager.h"
#include "aws/sts.h"
#include "aws/test_support.h"

namespace keyturn::aws {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
TimePoint at(const std::string& text) { return parse_iso8601(text).value(); }

std::string key_page(const std::string& id, const std::string& rest) {
  return "<ListAccessKeysResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAccessKeysResult>"
         "<AccessKeyMetadata><member><UserName>u</UserName><AccessKeyId>" +
         id + "</AccessKeyId><Status>" + (id == "B" ? "Expired" : "Active") +
         "</Status><CreateDate>2026-01-02T03:04:05.5Z</CreateDate></member></AccessKeyMetadata>" + rest +
         "</ListAccessKeysResult></ListAccessKeysResponse>";
}

TEST(Iam, ListsAllPages) {
  Bench bench([](const net::HttpRequest& request) {
    return has(request.body, "Marker=m%2F1")
               ? reply(200, key_page("B", "<IsTruncated>false</IsTruncated><Marker/>"))
               : reply(200, key_page("A", "<IsTruncated>true</IsTruncated><Marker>m/1</Marker>"));
  });
  const auto keys = Iam(bench.client(Iam::traits())).list_access_keys("sql+backups@x");
  ASSERT_TRUE(keys) << keys.error().sentence();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_TRUE((*keys)[0].is_active);
  EXPECT_FALSE((*keys)[1].is_active);
  EXPECT_EQ((*keys)[0].created_at, at("2026-01-02T03:04:05.5Z"));
  EXPECT_EQ(bench.transport.requests[0].body,
            "Action=ListAccessKeys&Version=2010-05-08&UserName=sql%2Bbackups%40x");
}

TEST(Iam, ACutReplyToCreateIsOfUnknownEffect) {
  for (const std::string body : {"", "<CreateAccessKeyResponse><CreateAcc", "<html/>"}) {
    Bench bench([&](const net::HttpRequest&) { return reply(200, body); });
    const auto key = Iam(bench.client(Iam::traits())).create_access_key("u", std::nullopt);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().kind, ErrorKind::invalid_reply);
    EXPECT_EQ(key.error().effect, Effect::unknown);
  }
}

TEST(Iam, CreatesAKey) {
  Bench bench([](const net::HttpRequest&) {
    return reply(200,
                 "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><UserName>u</UserName>"
                 "<AccessKeyId>AKIANEW</AccessKeyId><Status>Active</Status><SecretAccessKey>a/b+c&amp;d</"
                 "SecretAccessKey>"
                 "<CreateDate>2026-01-02T03:04:05Z</CreateDate></AccessKey></CreateAccessKeyResult></"
                 "CreateAccessKeyResponse>");
  });
  const auto key = Iam(bench.client(Iam::traits())).create_access_key("u", std::nullopt);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->id, "AKIANEW");
  EXPECT_EQ(key->secret.reveal(), "a/b+c&d");
}

TEST(Iam, DeletingAKeyThatIsGoneSucceeds) {
  Bench bench([](const net::HttpRequest&) {
    return reply(404, "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>");
  });
  EXPECT_TRUE(Iam(bench.client(Iam::traits())).delete_access_key("u", "AKIA", std::nullopt));
  EXPECT_FALSE(Iam(bench.client(Iam::traits())).update_access_key("u", "AKIA", false, std::nullopt));
}

TEST(IamKeyIssuer, JoinsKeysAndTheirLastUse) {
  Bench bench([](const net::HttpRequest& request) {
    if (has(request.body, "Action=ListAccessKeys")) return reply(200, key_page("A", ""));
    return reply(
        200,
        "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>u</UserName><AccessKeyLastUsed>"
        "<LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate><ServiceName>s3</ServiceName><Region>eu-west-1</"
        "Region>"
        "</AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>");
  });
  IamKeyIssuer issuer(Iam(bench.client(Iam::traits())), "u");
  const auto keys = issuer.list();
  ASSERT_TRUE(keys) << keys.error().sentence();
  ASSERT_TRUE((*keys)[0].last_used);
  EXPECT_EQ((*keys)[0].last_used->service, "s3");
  EXPECT_EQ((*keys)[0].last_used->at, at("2026-01-01T00:00:00Z"));
}

TEST(Iam, AKeyThatWasNeverUsedHasNoLastUse) {
  Bench bench([](const net::HttpRequest&) {
    return reply(
        200,
        "<R><GetAccessKeyLastUsedResult><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region>"
        "</AccessKeyLastUsed></GetAccessKeyLastUsedResult></R>");
  });
  const auto used = Iam(bench.client(Iam::traits())).last_used("A");
  ASSERT_TRUE(used);
  EXPECT_FALSE(*used);
}

TEST(Sts, KnowsTheUserOfAnArn) {
  EXPECT_EQ((CallerIdentity{"arn:aws-cn:iam::1:user/team/sql", "1", "i"}).user_name(), "sql");
  EXPECT_EQ((CallerIdentity{"arn:aws:sts::1:assumed-role/r/s", "1", "i"}).user_name(), "");
  EXPECT_EQ((CallerIdentity{"arn:aws:iam::1:root", "1", "i"}).user_name(), "");
}

TEST(Ec2, ReadsAllPagesAndInstancesWithoutTagsOrAddress) {
  Bench bench([](const net::HttpRequest& request) {
    if (!has(request.body, "NextToken"))
      return reply(
          200,
          "<DescribeInstancesResponse><reservationSet/><nextToken>t</nextToken></DescribeInstancesResponse>");
    return reply(
        200,
        "<DescribeInstancesResponse><reservationSet><item><instancesSet>"
        "<item><instanceId>i-1</instanceId><instanceState><code>80</code><name>stopped</name></instanceState>"
        "<reason>User initiated (2026-01-02 03:04:05 GMT)</reason><platform>windows</platform></item>"
        "<item><instanceId>i-2</instanceId><instanceState><name>running</name></instanceState><reason/>"
        "<privateIpAddress>10.0.0.2</privateIpAddress><launchTime>2026-01-01T00:00:00.000Z</launchTime>"
        "<tagSet><item><key>SQL</key><value>2022</value></item></tagSet></item>"
        "</instancesSet></item></reservationSet></DescribeInstancesResponse>");
  });
  const auto instances = Ec2(bench.client(Ec2::traits())).describe_instances({{"SQL", "2022"}});
  ASSERT_TRUE(instances) << instances.error().sentence();
  ASSERT_EQ(instances->size(), 2U);
  EXPECT_TRUE((*instances)[0].tags.empty());
  EXPECT_TRUE((*instances)[0].is_windows);
  EXPECT_EQ((*instances)[0].state_changed_at, at("2026-01-02T03:04:05Z"));
  EXPECT_EQ((*instances)[1].private_ip, "10.0.0.2");
  EXPECT_EQ((*instances)[1].tags.at("SQL"), "2022");
  EXPECT_TRUE(
      has(bench.transport.requests[0].body, "&Filter.1.Name=tag%3ASQL&Filter.1.Value.1=2022&Filter.2.Name="));
}

TEST(SecretsManager, SendsTheModelsNames) {
  Bench bench([](const net::HttpRequest&) { return reply(200, "{}"); });
  const SecretsManager secrets(bench.client(SecretsManager::traits()));
  ASSERT_TRUE(secrets.tag("s", "k", "v", std::nullopt));
  ASSERT_TRUE(secrets.untag("s", "k", std::nullopt));
  ASSERT_TRUE(secrets.move_stage("s", "AWSCURRENT", "old", "new", std::nullopt));
  ASSERT_TRUE(secrets.put_value("s", "token", SecretString("id:secret"), {"AWSPENDING"}, std::nullopt));
  const auto body = [&](std::size_t i) { return nlohmann::json::parse(bench.transport.requests[i].body); };
  EXPECT_EQ(body(0), nlohmann::json::parse(R"({"SecretId":"s","Tags":[{"Key":"k","Value":"v"}]})"));
  EXPECT_EQ(body(1), nlohmann::json::parse(R"({"SecretId":"s","TagKeys":["k"]})"));
  EXPECT_EQ(
      body(2),
      nlohmann::json::parse(
          R"({"SecretId":"s","VersionStage":"AWSCURRENT","RemoveFromVersionId":"old","MoveToVersionId":"new"})"));
  EXPECT_EQ(
      body(3),
      nlohmann::json::parse(
          R"({"SecretId":"s","ClientRequestToken":"token","VersionStages":["AWSPENDING"],"SecretString":"id:secret"})"));
  EXPECT_EQ(net::find_header(bench.transport.requests[3].headers, "X-Amz-Target"),
            "secretsmanager.PutSecretValue");
  EXPECT_TRUE(bench.transport.requests[3].wipe_body);
}

TEST(SecretsManager, ReadsBinaryValuesAndExponentDates) {
  Bench bench([](const net::HttpRequest& request) {
    return has(std::string(net::find_header(request.headers, "X-Amz-Target")), "Describe")
               ? reply(200,
                       R"({"ARN":"a","Name":"s","LastChangedDate":1.7E9,"DeletedDate":null,"Tags":null})")
               : reply(200, R"({"VersionId":"v","SecretBinary":"QUtJQTpzZQ=="})");
  });
  const SecretsManager secrets(bench.client(SecretsManager::traits()));
  EXPECT_EQ(secrets.get_value("s", "v", "")->text.reveal(), "AKIA:se");
  const auto description = secrets.describe("s");
  ASSERT_TRUE(description);
  EXPECT_EQ(description->changed_at, from_epoch_s(1.7e9));
  EXPECT_FALSE(description->deleted_at);
}

TEST(SecretsManager, GarbageIsAnErrorNotACrash) {
  for (const std::string body : {"", "null", "[]", "{", R"({"ARN":1})", R"({"Versions":[1]})", "\xff"}) {
    Bench bench([&](const net::HttpRequest&) { return reply(200, body); });
    const SecretsManager secrets(bench.client(SecretsManager::traits()));
    EXPECT_FALSE(secrets.describe("s")) << body;
    EXPECT_FALSE(secrets.get_value("s", "v", "")) << body;
    (void)secrets.list_versions("s");
  }
}

TEST(S3, AMultipartUploadFromBeginToEnd) {
  Bench bench([](const net::HttpRequest& request) {
    if (has(request.url, "uploads="))
      return reply(200,
                   "<InitiateMultipartUploadResult><UploadId>u+1</UploadId></InitiateMultipartUploadResult>");
    if (request.method == "PUT") return reply(200, "", {{"ETag", "\"e\""}});
    return reply(200, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>");
  });
  const S3 s3(bench.client(S3::traits()), "bkt", S3Style::path);
  const auto id = s3.create_multipart_upload("a b/db.bak");
  ASSERT_TRUE(id);
  const auto etag = s3.upload_part("a b/db.bak", *id, 1, "data");
  ASSERT_TRUE(etag);
  EXPECT_TRUE(s3.complete_multipart_upload("a b/db.bak", *id, {*etag}));
  EXPECT_EQ(bench.transport.requests[1].url, "https://s3.test/bkt/a%20b/db.bak?partNumber=1&uploadId=u%2B1");
  EXPECT_TRUE(
      has(bench.transport.requests[2].body, "<Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part>"));
}

TEST(S3, ACompletionThatFailsInsideStatus200IsAnError) {
  Bench bench([](const net::HttpRequest&) {
    return reply(200, "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>m</Message></Error>");
  });
  const auto done =
      S3(bench.client(S3::traits()), "bkt", S3Style::virtual_host).complete_multipart_upload("k", "u", {"e"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "InternalError");
  EXPECT_EQ(done.error().effect, Effect::unknown);
}

}  // namespace
}  // namespace keyturn::aws
