#include "sim/aws_front.h"

#include <gtest/gtest.h>

#include "aws/signing.h"
#include "sim/aws_s3_route.h"
#include "sim/virtual_clock.h"
#include "sim/world_transport.h"

namespace keyturn::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Test;

struct Call {
  std::string url;
  std::string service;
  std::string region = "us-east-1";
  std::string method = "POST";
  net::Headers headers;
  std::string body;
};

Call iam_call(const std::string& form) {
  return {"https://iam.amazonaws.com/",
          "iam",
          "us-east-1",
          "POST",
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          form + "&Version=2010-05-08"};
}
Call secrets_call(const std::string& operation, const std::string& body) {
  return {"https://secretsmanager.us-east-1.amazonaws.com/",
          "secretsmanager",
          "us-east-1",
          "POST",
          {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "secretsmanager." + operation}},
          body};
}
Call s3_call(const std::string& method, const std::string& target, const std::string& body = {}) {
  return {"https://bucket.s3.us-east-1.amazonaws.com" + target, "s3", "us-east-1", method, {}, body};
}

class AwsFrontTest : public Test {
 protected:
  AwsFrontTest() {
    world_.s3().add_bucket("bucket", "us-east-1");
    world_.iam().add_user("backup", {{true, "s3:*", "arn:aws:s3:::bucket*"}});
    backup_ = world_.iam().add_key("backup", clock_.now());
    admin_ = world_.iam().add_principal("admin", {{true, "*", "*"}});
    EXPECT_TRUE(world_.secrets().create_secret("cred", std::string(32, 'a'), "AAA:bbb"));
  }

  Result<net::HttpResponse> send(const Call& call, const std::string& id, const std::string& secret,
                                 const std::string& token = {}) {
    net::HttpRequest request;
    request.method = call.method;
    request.url = call.url;
    request.headers = call.headers;
    request.body = call.body;
    aws::sign(request, {id, SecretString(secret), SecretString(token), {}}, {call.region, call.service},
              clock_.now() + client_ahead_);
    return transport_.send(request);
  }
  net::HttpResponse as_admin(const Call& call) {
    return send(call, admin_.access_key_id, admin_.secret).value();
  }
  net::HttpResponse as_backup(const Call& call) {
    return send(call, backup_.access_key_id, backup_.secret).value();
  }
  static bool says(const net::HttpResponse& response, const std::string& text) {
    return response.body.find(text) != std::string::npos;
  }

  VirtualClock clock_{from_epoch_s(1'750'000'000)};
  SeededRandom random_{7};
  World world_{clock_, random_};
  WorldTransport transport_{world_};
  Duration client_ahead_{0};
  IamKey backup_;
  Caller admin_;
};

TEST_F(AwsFrontTest, AnswersInTheProtocolOfEachService) {
  const auto created = as_admin(iam_call("Action=CreateAccessKey&UserName=backup"));
  EXPECT_EQ(created.status, 200);
  EXPECT_TRUE(says(created, "<CreateAccessKeyResult><AccessKey><UserName>backup</UserName>"));
  EXPECT_FALSE(created.header("x-amzn-requestid").empty());
  const auto got = as_admin(secrets_call("GetSecretValue", R"({"SecretId":"cred"})"));
  EXPECT_TRUE(says(got, R"("SecretString":"AAA:bbb")"));
  EXPECT_EQ(as_backup(s3_call("PUT", "/a%20b", "body")).status, 200);
  EXPECT_EQ(world_.s3().get_object("bucket", "a b").value().body, "body");
  EXPECT_EQ(as_backup(s3_call("GET", "/a%20b")).body, "body");
}

TEST_F(AwsFrontTest, WordsErrorsAsEachServiceDoes) {
  const auto iam = as_admin(iam_call("Action=CreateAccessKey&UserName=nobody"));
  EXPECT_EQ(iam.status, 404);
  EXPECT_TRUE(says(iam, "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>"));
  const auto secrets = as_admin(secrets_call("GetSecretValue", R"({"SecretId":"none"})"));
  EXPECT_EQ(secrets.status, 400);
  EXPECT_TRUE(says(secrets, R"("__type":"ResourceNotFoundException")"));
  const auto head = as_backup(s3_call("HEAD", "/none"));
  EXPECT_EQ(head.status, 404);
  EXPECT_TRUE(head.body.empty());
}

TEST_F(AwsFrontTest, RefusesWrongUnknownAndInactiveKeys) {
  const Call sts{"https://sts.us-east-1.amazonaws.com/",
                 "sts",
                 "us-east-1",
                 "POST",
                 {{"Content-Type", "application/x-www-form-urlencoded"}},
                 "Action=GetCallerIdentity&Version=2011-06-15"};
  EXPECT_TRUE(says(as_backup(sts), "<Arn>arn:aws:iam::111122223333:user/backup</Arn>"));
  const auto wrong = send(sts, backup_.access_key_id, "wrong").value();
  EXPECT_EQ(wrong.status, 403);
  EXPECT_TRUE(says(wrong, "<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_TRUE(says(send(sts, "AKIAUNKNOWNUNKNOWN22", "x").value(), "<Code>InvalidClientTokenId</Code>"));
  ASSERT_TRUE(world_.iam().update_access_key("backup", backup_.access_key_id, KeyStatus::inactive));
  EXPECT_TRUE(says(as_backup(sts), "<Code>InvalidClientTokenId</Code>"));
  EXPECT_TRUE(says(as_backup(s3_call("GET", "/?list-type=2")), "<Code>InvalidAccessKeyId</Code>"));
  EXPECT_TRUE(says(as_backup(secrets_call("ListSecrets", "{}")), "UnrecognizedClientException"));
}

TEST_F(AwsFrontTest, AnAlteredRequestIsRefused) {
  net::HttpRequest request;
  request.method = "PUT";
  request.url = "https://bucket.s3.us-east-1.amazonaws.com/key";
  request.body = "honest";
  aws::sign(request, {backup_.access_key_id, SecretString(backup_.secret), {}, {}}, {"us-east-1", "s3"},
            clock_.now());
  net::HttpRequest other_body = request;
  other_body.body = "forged";
  EXPECT_TRUE(says(transport_.send(other_body).value(), "XAmzContentSHA256Mismatch"));
  net::HttpRequest other_key = request;
  other_key.url += "2";
  EXPECT_TRUE(says(transport_.send(other_key).value(), "SignatureDoesNotMatch"));
  net::HttpRequest unsigned_header = request;
  unsigned_header.headers.emplace_back("x-amz-acl", "public-read");
  EXPECT_TRUE(says(transport_.send(unsigned_header).value(), "SignatureDoesNotMatch"));
  EXPECT_EQ(transport_.send(request).value().status, 200);
}

TEST_F(AwsFrontTest, ClocksMayDifferByAQuarterOfAnHour) {
  client_ahead_ = minutes(14);
  EXPECT_EQ(as_backup(s3_call("GET", "/?list-type=2")).status, 200);
  client_ahead_ = minutes(16);
  EXPECT_TRUE(says(as_backup(s3_call("GET", "/?list-type=2")), "RequestTimeTooSkewed"));
  client_ahead_ = -minutes(16);
  EXPECT_TRUE(says(as_admin(secrets_call("ListSecrets", "{}")), "Signature expired"));
}

TEST_F(AwsFrontTest, PermissionsHoldPerActionAndResource) {
  EXPECT_TRUE(says(as_backup(iam_call("Action=ListAccessKeys")), "<Code>AccessDenied</Code>"));
  EXPECT_TRUE(
      says(as_backup(secrets_call("GetSecretValue", R"({"SecretId":"cred"})")), "AccessDeniedException"));
  world_.s3().add_bucket("other", "us-east-1");
  Call elsewhere = s3_call("PUT", "/k", "x");
  elsewhere.url = "https://other.s3.us-east-1.amazonaws.com/k";
  EXPECT_EQ(as_backup(elsewhere).status, 403);
}

TEST_F(AwsFrontTest, ABucketAnswersInItsOwnRegion) {
  world_.s3().add_bucket("bucket-eu", "eu-west-1");
  Call call = s3_call("HEAD", "/");
  call.url = "https://bucket-eu.s3.eu-west-1.amazonaws.com/";
  const auto signed_elsewhere = as_backup(call);
  EXPECT_EQ(signed_elsewhere.status, 400);
  EXPECT_EQ(signed_elsewhere.header("x-amz-bucket-region"), "eu-west-1");
  call.region = "eu-west-1";
  EXPECT_EQ(as_backup(call).status, 200);
  call.url = "https://bucket-eu.s3.us-west-2.amazonaws.com/";
  EXPECT_EQ(as_backup(call).status, 301);
  Call iam = iam_call("Action=GetUser&UserName=backup");
  iam.region = "eu-west-1";
  EXPECT_TRUE(says(as_admin(iam), "Credential should be scoped to a valid region."));
}

TEST_F(AwsFrontTest, RoleCredentialsNeedTheirToken) {
  world_.iam().add_role("rotator", {{true, "secretsmanager:*", "*"}});
  const Call assume{"https://sts.us-east-1.amazonaws.com/",
                    "sts",
                    "us-east-1",
                    "POST",
                    {{"Content-Type", "application/x-www-form-urlencoded"}},
                    "Action=AssumeRole&Version=2011-06-15&RoleSessionName=night&RoleArn=arn%3Aaws%3Aiam%3A%3A"
                    "111122223333%3Arole%2Frotator"};
  EXPECT_TRUE(says(as_admin(assume), "<SessionToken>"));
  const auto session = world_.iam().assume_role("rotator", "day", seconds(900)).value();
  const Call list = secrets_call("ListSecrets", "{}");
  EXPECT_EQ(send(list, session.access_key_id, session.secret, session.session_token).value().status, 200);
  EXPECT_TRUE(says(send(list, session.access_key_id, session.secret).value(), "UnrecognizedClientException"));
  clock_.advance(seconds(901));
  EXPECT_TRUE(says(send(list, session.access_key_id, session.secret, session.session_token).value(),
                   "ExpiredTokenException"));
}

TEST_F(AwsFrontTest, FaultsHappenAsAskedFor) {
  const Call create = iam_call("Action=CreateAccessKey&UserName=backup");
  world_.faults().add({"iam:CreateAccessKey", FaultKind::refuse, 0, 1, {}});
  EXPECT_TRUE(says(as_admin(create), "<Code>AccessDenied</Code>"));
  world_.faults().add({"iam:CreateAccessKey", FaultKind::throttle, 0, 1, {}});
  EXPECT_TRUE(says(as_admin(create), "<Code>Throttling</Code>"));
  world_.faults().add({"iam:*", FaultKind::error_5xx, 0, 1, {}});
  EXPECT_EQ(as_admin(create).status, 500);
  EXPECT_EQ(world_.iam().keys("backup").size(), 1U);

  world_.faults().add({"iam:CreateAccessKey", FaultKind::reply_lost, 0, 1, {}});
  const auto lost = send(create, admin_.access_key_id, admin_.secret);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().effect, Effect::unknown);
  EXPECT_EQ(world_.iam().keys("backup").size(), 2U);  // it was carried out

  const TimePoint before = clock_.now();
  world_.faults().add({"iam:ListAccessKeys", FaultKind::hang, 0, 1, {}});
  const auto hung =
      send(iam_call("Action=ListAccessKeys&UserName=backup"), admin_.access_key_id, admin_.secret);
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(clock_.now() - before, seconds(60));

  world_.faults().add({"iam:ListAccessKeys", FaultKind::delay, 0, 1, seconds(3)});
  EXPECT_EQ(as_admin(iam_call("Action=ListAccessKeys&UserName=backup")).status, 200);
  EXPECT_EQ(clock_.now() - before, seconds(63));
}

TEST_F(AwsFrontTest, EveryCallIsRecordedWithItsOutcomeAndCaller) {
  (void)as_admin(iam_call("Action=GetUser&UserName=nobody"));
  world_.faults().add({"s3:PutObject", FaultKind::throttle, 0, 1, {}});
  (void)as_backup(s3_call("PUT", "/k", "x"));
  const auto calls = world_.calls().snapshot();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].service + ":" + calls[0].operation + " " + calls[0].outcome, "iam:GetUser NoSuchEntity");
  EXPECT_EQ(calls[0].by, admin_.access_key_id);
  EXPECT_EQ(calls[1].operation + " " + calls[1].outcome + " " + calls[1].by,
            "PutObject fault:throttle " + backup_.access_key_id);
  EXPECT_EQ(world_.iam().key(backup_.access_key_id)->last_used->service, "s3");
}

TEST_F(AwsFrontTest, UnsignedRequestsAreTurnedAway) {
  net::HttpRequest request;
  request.url = "https://bucket.s3.us-east-1.amazonaws.com/key";
  EXPECT_TRUE(says(transport_.send(request).value(), "<Code>AccessDenied</Code>"));
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 nonsense");
  EXPECT_TRUE(says(transport_.send(request).value(), "AuthorizationHeaderMalformed"));
}

TEST(AwsChunks, AreUnpackedOrRefused) {
  EXPECT_EQ(decode_aws_chunks("5\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
            "hello!");
  EXPECT_EQ(decode_aws_chunks("0\r\n\r\n"), "");
  EXPECT_FALSE(decode_aws_chunks("5\r\nhel"));
  EXPECT_FALSE(decode_aws_chunks("zz\r\n"));
}

TEST(S3Routes, AreFoundInHostsAndPaths) {
  const auto route = [](const std::string& method, const std::string& host, const std::string& target) {
    const S3Route found = route_s3(parse_aws_request(method, target, {{"Host", host}}, {}));
    return found.operation + " " + found.bucket + " " + found.key + " " + found.host_region;
  };
  EXPECT_EQ(route("PUT", "b.s3.eu-west-1.amazonaws.com", "/a/b"), "PutObject b a/b eu-west-1");
  EXPECT_EQ(route("GET", "s3.eu-west-1.amazonaws.com:443", "/b/a%2Fb"), "GetObject b a/b eu-west-1");
  EXPECT_EQ(route("GET", "127.0.0.1:9000", "/b?list-type=2"), "ListObjectsV2 b  ");
  EXPECT_EQ(route("HEAD", "b.localhost:9000", "/"), "HeadBucket b  ");
  EXPECT_EQ(route("GET", "b.s3.amazonaws.com", "/?location"), "GetBucketLocation b  ");
  EXPECT_EQ(route("POST", "127.0.0.1", "/b/k?uploads"), "CreateMultipartUpload b k ");
  EXPECT_EQ(route("PUT", "127.0.0.1", "/b/k?tagging"), "PUT b k ");
}

}  // namespace
}  // namespace keyturn::sim
