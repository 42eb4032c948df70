#include "aws/s3_key_prover.h"

#include <gtest/gtest.h>

#include "aws/test_support.h"

namespace keyturn::aws {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = rotation::KeyProver::Verdict;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

const rotation::KeyPair kPair{"AKIANEWKEYNEWKEYNEWK", SecretString("new-secret")};

std::string identity(const std::string& user) {
  return "<R><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/" + user +
         "</Arn><Account>1</Account><UserId>i</UserId></GetCallerIdentityResult></R>";
}
Result<net::HttpResponse> s3_refusal(const std::string& code) {
  return reply(403, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
}
Result<net::HttpResponse> listing() { return reply(200, "<ListBucketResult/>"); }

class S3KeyProverTest : public testing::Test {
 protected:
  [[nodiscard]] S3KeyProver prover(const std::vector<std::string>& urls,
                                   const std::string& user = "sql-backups") {
    Settings settings;
    settings.region = "eu-west-1";
    std::vector<S3Url> parsed;
    for (const std::string& url : urls) parsed.push_back(parse_s3_url(url).value());
    return {bench_.context(), settings, bench_.credentials, parsed, user};
  }
  Result<net::HttpResponse> answer(const net::HttpRequest& request) {
    if (has(request.url, "https://sts.")) return sts();
    if (request.method == "HEAD") return head(request);
    ++probes_;
    return s3(request);
  }

  int probes_ = 0;
  std::function<Result<net::HttpResponse>()> sts = [] { return reply(200, identity("sql-backups")); };
  std::function<Result<net::HttpResponse>(const net::HttpRequest&)> head = [](const net::HttpRequest&) {
    return reply(200, "", {{"x-amz-bucket-region", "eu-west-1"}});
  };
  std::function<Result<net::HttpResponse>(const net::HttpRequest&)> s3 = [](const net::HttpRequest&) {
    return listing();
  };
  Bench bench_{[this](const net::HttpRequest& request) { return answer(request); }};
  const TimePoint give_up_ = bench_.clock.now() + minutes{2};
};

const std::string kUrl = "s3://bkt.s3.eu-west-1.amazonaws.com/full";

TEST_F(S3KeyProverTest, ProvesWithTheNewKeyThreeTimesInARow) {
  const auto proof = prover({kUrl}).prove(kPair, give_up_);
  EXPECT_EQ(proof.verdict, Verdict::proven) << proof.reason;
  EXPECT_EQ(probes_, 3);
  for (const auto& request : bench_.transport.requests)
    EXPECT_TRUE(has(net::find_header(request.headers, "Authorization"), "Credential=" + kPair.id))
        << request.url;
}

TEST_F(S3KeyProverTest, WaitsForAKeyToSpread) {
  int answers = 0;
  int identities = 0;
  sts = [&] {
    return ++identities < 3 ? reply(403, "<E><Error><Code>InvalidClientTokenId</Code></Error></E>")
                            : reply(200, identity("sql-backups"));
  };
  // The fourth answer is a refusal again: one front end lags.
  s3 = [&](const net::HttpRequest&) {
    ++answers;
    return answers <= 1 || answers == 4 ? s3_refusal("InvalidAccessKeyId") : listing();
  };
  const auto proof = prover({kUrl}).prove(kPair, give_up_);
  EXPECT_EQ(proof.verdict, Verdict::proven) << proof.reason;
  EXPECT_EQ(answers, 7);
  EXPECT_LE(bench_.clock.slept, seconds{10});
}

TEST_F(S3KeyProverTest, RefusedForGoodOnceTimeIsUp) {
  s3 = [](const net::HttpRequest&) { return s3_refusal("AccessDenied"); };
  const auto proof = prover({kUrl}).prove(kPair, give_up_);
  EXPECT_EQ(proof.verdict, Verdict::refused);
  EXPECT_TRUE(has(proof.reason, "s3:ListBucket")) << proof.reason;
  EXPECT_LE(bench_.clock.now(), give_up_);
  EXPECT_GE(bench_.clock.now(), give_up_ - seconds{10});
}

TEST_F(S3KeyProverTest, AwsBeingIllSaysNothingOfTheKey) {
  for (const auto& illness :
       {std::function<Result<net::HttpResponse>(const net::HttpRequest&)>(
            [](const net::HttpRequest&) { return reply(503, ""); }),
        {[](const net::HttpRequest&) { return no_answer(); }},
        {[](const net::HttpRequest&) { return reply(503, "<Error><Code>SlowDown</Code></Error>"); }},
        {[](const net::HttpRequest&) { return reply(404, "<Error><Code>NoSuchBucket</Code></Error>"); }}}) {
    s3 = illness;
    const auto proof = prover({kUrl}).prove(kPair, give_up_);
    EXPECT_EQ(proof.verdict, Verdict::ill);
    EXPECT_FALSE(proof.reason.empty());
  }
}

TEST_F(S3KeyProverTest, TheKeyMustBeTheRightUsers) {
  sts = [] { return reply(200, identity("somebody-else")); };
  EXPECT_EQ(prover({kUrl}).prove(kPair, give_up_).verdict, Verdict::refused);
  EXPECT_EQ(prover({kUrl}, "").prove(kPair, give_up_).verdict, Verdict::proven);
}

TEST_F(S3KeyProverTest, EveryBucketCountsOnce) {
  const auto proof =
      prover({kUrl, kUrl + "/child", "s3://other.s3.us-east-1.amazonaws.com"}).prove(kPair, give_up_);
  EXPECT_EQ(proof.verdict, Verdict::proven);
  EXPECT_EQ(probes_, 6);
}

TEST_F(S3KeyProverTest, AMissingBucketIsAUsageError) {
  head = [](const net::HttpRequest&) { return reply(404, ""); };
  const auto done = prover({kUrl}).check_destination();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::usage);
  EXPECT_TRUE(has(done.error().message, "bkt"));
}

TEST_F(S3KeyProverTest, AWrongRegionNamesBoth) {
  for (const int status : {301, 400, 403}) {
    head = [&](const net::HttpRequest&) { return reply(status, "", {{"x-amz-bucket-region", "us-west-2"}}); };
    const auto done = prover({kUrl}).check_destination();
    ASSERT_FALSE(done) << status;
    EXPECT_EQ(done.error().kind, ErrorKind::usage);
    EXPECT_TRUE(has(done.error().message, "us-west-2") && has(done.error().message, "eu-west-1"));
  }
  head = [](const net::HttpRequest&) { return reply(403, "", {{"x-amz-bucket-region", "eu-west-1"}}); };
  EXPECT_TRUE(prover({kUrl}).check_destination());
  head = [](const net::HttpRequest&) { return not_reached(); };
  EXPECT_EQ(prover({kUrl}).check_destination().error().kind, ErrorKind::unavailable);
}

TEST_F(S3KeyProverTest, AUrlWithoutRegionFollowsTheBucket) {
  head = [](const net::HttpRequest&) { return reply(403, "", {{"x-amz-bucket-region", "ap-south-1"}}); };
  s3 = [](const net::HttpRequest& request) {
    return has(net::find_header(request.headers, "Authorization"), "/ap-south-1/s3/")
               ? listing()
               : s3_refusal("AuthorizationHeaderMalformed");
  };
  S3KeyProver subject = prover({"s3://bkt.s3.amazonaws.com/full"});
  EXPECT_TRUE(subject.check_destination());
  EXPECT_EQ(subject.prove(kPair, give_up_).verdict, Verdict::proven);
  EXPECT_EQ(prover({"s3://bkt.s3.amazonaws.com/full"}).prove(kPair, give_up_).verdict, Verdict::proven);
}

}  // namespace
}  // namespace keyturn::aws
