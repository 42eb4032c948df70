#include "aws/client.h"

#include <gtest/gtest.h>

#include "aws/error_reply.h"
#include "aws/iam.h"
#include "aws/test_support.h"

namespace keyturn::aws {
namespace {

using std::chrono::seconds;

const ServiceTraits kIam = Iam::traits();

Call make_call(Nature nature) {
  Call call;
  call.operation = "CreateAccessKey";
  call.resource = "user sql-backups";
  call.nature = nature;
  call.request = FormBody("CreateAccessKey", "2010-05-08").request();
  return call;
}

std::string query_error(const std::string& code, const std::string& message) {
  return "<ErrorResponse "
         "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>" +
         code + "</Code><Message>" + message + "</Message></Error><RequestId>r</RequestId></ErrorResponse>";
}

// Fails `failures` times, then succeeds.
ScriptedTransport::Answer failing(int failures, std::function<Result<net::HttpResponse>()> failure) {
  return [left = failures, failure = std::move(failure)](const net::HttpRequest&) mutable {
    return left-- > 0 ? failure() : reply(200, "<ok/>");
  };
}

TEST(Client, RepeatsAReadThatTimesOutOrFails) {
  for (const auto& failure : {std::function<Result<net::HttpResponse>()>(no_answer), {not_reached}, {[] {
                                return reply(503, "<html>ill</html>");
                              }}}) {
    Bench bench(failing(2, failure));
    EXPECT_TRUE(bench.client(kIam).call(make_call(Nature::read)));
    EXPECT_EQ(bench.transport.requests.size(), 3U);
    EXPECT_LE(bench.clock.slept, seconds{3});
  }
}

TEST(Client, GivesUpAfterThreeAttemptsAndAReadHasNoEffect) {
  Bench bench(failing(99, no_answer));
  const auto answer = bench.client(kIam).call(make_call(Nature::read));
  ASSERT_FALSE(answer);
  EXPECT_EQ(bench.transport.requests.size(), 3U);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(answer.error().effect, Effect::none);
}

TEST(Client, NeverRepeatsACallWhoseEffectIsUnknown) {
  for (const auto& failure : {std::function<Result<net::HttpResponse>()>(no_answer),
                              {[] { return reply(500, query_error("ServiceFailure", "ill")); }},
                              {[] { return reply(503, ""); }}}) {
    Bench bench(failing(1, failure));
    const auto answer = bench.client(kIam).call(make_call(Nature::once));
    ASSERT_FALSE(answer);
    EXPECT_EQ(bench.transport.requests.size(), 1U);
    EXPECT_EQ(answer.error().effect, Effect::unknown);
    EXPECT_FALSE(bench.transport.requests[0].repeatable);
  }
}

TEST(Client, RepeatsWhatCertainlyWasNotCarriedOut) {
  for (const auto& failure : {std::function<Result<net::HttpResponse>()>(not_reached),
                              {[] { return reply(400, query_error("Throttling", "Rate exceeded")); }}}) {
    Bench bench(failing(2, failure));
    EXPECT_TRUE(bench.client(kIam).call(make_call(Nature::once)));
    EXPECT_EQ(bench.transport.requests.size(), 3U);
  }
}

TEST(Client, ARefusalAfterALostReplyIsOfUnknownEffect) {
  int sent = 0;
  Bench bench([&](const net::HttpRequest&) {
    return ++sent == 1 ? no_answer() : reply(403, query_error("AccessDenied", "no"));
  });
  const auto answer = bench.client(kIam).call(make_call(Nature::repeatable));
  ASSERT_FALSE(answer);
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(answer.error().kind, ErrorKind::denied);
  EXPECT_EQ(answer.error().effect, Effect::unknown);
}

TEST(Client, SendsNothingPastTheDeadline) {
  Bench bench(failing(0, no_answer));
  Call call = make_call(Nature::once);
  call.not_after = bench.clock.now();
  const auto answer = bench.client(kIam).call(call);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(bench.transport.requests.empty());
  EXPECT_EQ(answer.error().kind, ErrorKind::past_deadline);
  EXPECT_EQ(answer.error().effect, Effect::none);
}

TEST(Client, NoAttemptOutlivesTheDeadline) {
  Bench* self = nullptr;
  Bench bench([&](const net::HttpRequest& request) {
    self->clock.sleep_for(request.timeout, nullptr);
    return no_answer();
  });
  self = &bench;
  Call call = make_call(Nature::repeatable);
  const TimePoint deadline = bench.clock.now() + seconds{40};
  call.not_after = deadline;
  ASSERT_FALSE(bench.client(kIam).call(call));
  ASSERT_EQ(bench.transport.requests.size(), 2U);
  EXPECT_EQ(bench.transport.requests[0].timeout, seconds{30});
  EXPECT_LE(bench.transport.requests[1].timeout, seconds{10});
  EXPECT_LE(bench.clock.now(), deadline);
}

TEST(Client, AnEmptyBudgetEndsRetries) {
  Bench bench(failing(1'000'000, [] { return reply(503, ""); }));
  const Client client = bench.client(kIam);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(client.call(make_call(Nature::read)));
  // 500 tokens at 5 each: 100 retries beside the 100 first tries.
  EXPECT_EQ(bench.transport.requests.size(), 200U);
}

TEST(Client, AStopEndsRetries) {
  StopFlag stop;
  Bench bench([&](const net::HttpRequest&) {
    stop.request();
    return not_reached();
  });
  ClientContext context = bench.context();
  context.stop = &stop;
  const Client client(context, bench.credentials, {"https://iam.test", {"us-east-1", "iam"}}, kIam);
  EXPECT_FALSE(client.call(make_call(Nature::read)));
  EXPECT_EQ(bench.transport.requests.size(), 1U);
}

TEST(Client, RenewsExpiredCredentialsOnce) {
  int fetched = 0;
  ManualClock clock;
  const auto source = std::make_shared<CachedCredentials>(
      [&]() -> Result<Credentials> {
        return Credentials{"KEY" + std::to_string(++fetched), SecretString("s"), SecretString("t"), {}};
      },
      clock);
  Bench bench([](const net::HttpRequest& request) {
    const bool is_old =
        net::find_header(request.headers, "Authorization").find("KEY1/") != std::string_view::npos;
    return is_old ? reply(403, query_error("ExpiredToken", "The security token is expired"))
                  : reply(200, "<ok/>");
  });
  bench.credentials = source;
  EXPECT_TRUE(bench.client(kIam).call(make_call(Nature::once)));
  EXPECT_EQ(fetched, 2);

  Bench never([](const net::HttpRequest&) { return reply(403, query_error("ExpiredToken", "expired")); });
  const auto answer = never.client(kIam).call(make_call(Nature::once));
  ASSERT_FALSE(answer);
  EXPECT_EQ(never.transport.requests.size(), 2U);
  EXPECT_EQ(answer.error().kind, ErrorKind::credentials);
}

struct Shape {
  Protocol protocol;
  int status;
  std::string body;
  std::string code;
  ErrorKind kind;
};

TEST(ErrorReply, UnderstandsEveryProtocol) {
  const std::vector<Shape> shapes{
      {Protocol::query, 409, query_error("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
       "LimitExceeded", ErrorKind::conflict},
      {Protocol::query, 404, query_error("NoSuchEntity", "no user"), "NoSuchEntity", ErrorKind::not_found},
      {Protocol::ec2, 503,
       "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></"
       "Response>",
       "RequestLimitExceeded", ErrorKind::throttled},
      {Protocol::ec2, 403,
       "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
       "UnauthorizedOperation", ErrorKind::denied},
      {Protocol::rest_xml, 403, "<Error><Code>InvalidAccessKeyId</Code><Message>m</Message></Error>",
       "InvalidAccessKeyId", ErrorKind::credentials},
      {Protocol::rest_xml, 503, "<Error><Code>SlowDown</Code></Error>", "SlowDown", ErrorKind::throttled},
      {Protocol::rest_xml, 403, "", "HTTP403", ErrorKind::denied},
      {Protocol::json, 400, R"({"__type":"com.amazon#ResourceNotFoundException:u","Message":"m"})",
       "ResourceNotFoundException", ErrorKind::not_found},
      {Protocol::json, 400, R"({"__type":"ThrottlingException"})", "ThrottlingException",
       ErrorKind::throttled},
      {Protocol::json, 400, R"({"__type":"ExpiredTokenException","message":null})", "ExpiredTokenException",
       ErrorKind::credentials},
      {Protocol::json, 400, query_error("AccessDenied", "as an emulator does"), "AccessDenied",
       ErrorKind::denied},
      {Protocol::json, 502, "<html><body>Bad gateway</body></html>", "HTTP502", ErrorKind::unavailable},
      {Protocol::json, 500, "", "HTTP500", ErrorKind::unavailable},
      {Protocol::json, 400, "[1", "HTTP400", ErrorKind::usage},
  };
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.body);
    const Error error = error_of_reply({"Service", "svc", shape.protocol}, make_call(Nature::once),
                                       {shape.status, {}, shape.body}, TimePoint{});
    EXPECT_EQ(error.code, shape.code);
    EXPECT_EQ(error.kind, shape.kind) << to_string(error.kind);
    const bool unknown = shape.kind == ErrorKind::unavailable;
    EXPECT_EQ(error.effect, unknown ? Effect::unknown : Effect::none);
    EXPECT_NE(error.message.find("CreateAccessKey for user sql-backups"), std::string::npos);
  }
}

TEST(ErrorReply, NamesTheMissingRight) {
  const Error error = error_of_reply(kIam, make_call(Nature::once),
                                     {403,
                                      {},
                                      query_error("AccessDenied",
                                                  "User: arn:aws:iam::1:user/x is not authorized to perform: "
                                                  "iam:CreateAccessKey on resource: user y")},
                                     TimePoint{});
  EXPECT_NE(error.hint.find("Grant iam:CreateAccessKey to"), std::string::npos) << error.hint;
  EXPECT_NE(error.message.find("arn:aws:iam::1:user/x"), std::string::npos);
}

TEST(ErrorReply, NamesTheRightWhereTheReplyDoesNot) {
  Call upload = make_call(Nature::repeatable);
  upload.operation = "UploadPart";
  upload.resource = "object backups/sql/x.bak";
  const Error s3 = error_of_reply(
      {"S3", "s3", Protocol::rest_xml}, upload,
      {403, {}, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"}, TimePoint{});
  EXPECT_NE(s3.hint.find("Grant s3:PutObject on object backups/sql/x.bak to"), std::string::npos) << s3.hint;

  const net::HttpResponse kms{
      400, {}, R"({"__type":"AccessDeniedException","Message":"Access to KMS is not allowed"})"};
  const ServiceTraits secrets{"Secrets Manager", "secretsmanager", Protocol::json};
  const Error read = error_of_reply(secrets, make_call(Nature::read), kms, TimePoint{});
  EXPECT_NE(read.hint.find("Grant kms:Decrypt on the KMS key of the secret"), std::string::npos) << read.hint;
  const Error write = error_of_reply(secrets, make_call(Nature::once), kms, TimePoint{});
  EXPECT_NE(write.hint.find("Grant kms:GenerateDataKey and kms:Decrypt"), std::string::npos) << write.hint;
}

TEST(ErrorReply, NeverRepeatsTheSignedRequest) {
  const Error error = error_of_reply(
      {"Secrets Manager", "secretsmanager", Protocol::json}, make_call(Nature::once),
      {400,
       {},
       R"({"__type":"InvalidSignatureException","message":"The signature does not match. The Canonical String for this request should have been 'POST\n/\nx-amz-security-token:TOKENBYTES'"})"},
      TimePoint{});
  EXPECT_EQ(error.sentence().find("TOKENBYTES"), std::string::npos);
  EXPECT_EQ(error.kind, ErrorKind::credentials);
}

TEST(ErrorReply, SaysWhenThisMachinesClockIsWrong) {
  const Error error = error_of_reply(kIam, make_call(Nature::once),
                                     {403,
                                      {{"Date", "Fri, 02 Jan 2026 00:00:00 GMT"}},
                                      query_error("SignatureDoesNotMatch", "Signature expired")},
                                     parse_iso8601("2026-01-02T00:20:00Z").value());
  EXPECT_NE(error.hint.find("clock is 20m ahead of AWS's"), std::string::npos) << error.hint;
}

}  // namespace
}  // namespace keyturn::aws
