#include "aws/signing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/digest.h"

namespace keyturn::aws {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Credentials example_key(const std::string& token = {}) {
  return {"AKIDEXAMPLE", SecretString("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), SecretString(token), {}};
}

TimePoint at(const std::string& text) { return parse_iso8601(text).value(); }

std::string authorization(const net::HttpRequest& request) {
  return std::string(net::find_header(request.headers, "Authorization"));
}

TEST(Signing, AgreesWithBotocore) {
  const Json vectors = Json::parse(read_file(fs::path(KEYTURN_SOURCE_DIR) / "tests/vectors/sigv4.json"));
  ASSERT_GE(vectors["cases"].size(), 13U);
  for (const Json& vector : vectors["cases"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    net::HttpRequest request;
    request.method = vector["method"];
    request.url = vector["url"];
    request.body = vector["body"];
    for (const Json& header : vector["headers"]) request.headers.emplace_back(header[0], header[1]);
    sign(request, example_key(vector["token"]), {vector["region"], vector["service"]}, at(vectors["now"]));
    EXPECT_EQ(authorization(request), vector["authorization"].get<std::string>());
    EXPECT_EQ(net::find_header(request.headers, "X-Amz-Date"), vector["amz_date"].get<std::string>());
  }
}

// One vector of AWS's own test suite, from its folder.
struct OfficialVector {
  std::string method, target, body;
  net::Headers headers;
  Json context;
};

void add_header_line(net::Headers& headers, const std::string& line) {
  if (line[0] == ' ' || line[0] == '\t') {  // folded
    headers.back().second += "\n" + line;
    return;
  }
  const std::size_t colon = line.find(':');
  headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
}

OfficialVector read_vector(const fs::path& folder) {
  OfficialVector vector;
  vector.context = Json::parse(read_file(folder / "context.json"));
  std::istringstream in(read_file(folder / "request.txt"));
  std::string line;
  std::getline(in, line);
  vector.method = line.substr(0, line.find(' '));
  vector.target = line.substr(vector.method.size() + 1, line.rfind(' ') - vector.method.size() - 1);
  while (std::getline(in, line) && !line.empty()) add_header_line(vector.headers, line);
  std::getline(in, vector.body, '\0');
  vector.headers.emplace_back("X-Amz-Date", format_basic_iso8601(at(vector.context["timestamp"])));
  const std::string token = vector.context["credentials"].value("token", "");
  if (!token.empty()) vector.headers.emplace_back("X-Amz-Security-Token", token);
  if (vector.context["sign_body"].get<bool>())
    vector.headers.emplace_back("x-amz-content-sha256", sha256_hex(vector.body));
  return vector;
}

std::string expected_signed_headers(const std::string& canonical_request) {
  const std::size_t hash = canonical_request.rfind('\n');
  const std::size_t names = canonical_request.rfind('\n', hash - 1);
  return canonical_request.substr(names + 1, hash - names - 1);
}

TEST(Signing, AgreesWithTheOfficialTestSuite) {
  const fs::path folder = fs::path(KEYTURN_SOURCE_DIR) / "../shared/data/sigv4";
  if (!fs::exists(folder)) GTEST_SKIP() << "the official vectors are not beside this checkout";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const OfficialVector vector = read_vector(entry.path());
    const std::string canonical = read_file(entry.path() / "header-canonical-request.txt");
    const SecretString secret(vector.context["credentials"]["secret_access_key"].get<std::string>());
    const SignedPieces pieces = compute_signature(
        vector.method, vector.target, vector.headers, expected_signed_headers(canonical),
        sha256_hex(vector.body), secret, {vector.context["region"], vector.context["service"]},
        "20150830T123600Z", vector.context["normalize"].get<bool>());
    EXPECT_EQ(pieces.canonical_request, canonical);
    EXPECT_EQ(pieces.string_to_sign, read_file(entry.path() / "header-string-to-sign.txt"));
    EXPECT_EQ(pieces.signature, read_file(entry.path() / "header-signature.txt"));
    ++count;
  }
  EXPECT_GE(count, 25);
}

struct Golden {
  SigningScope scope;
  std::string method, url;
  net::Headers headers;
  std::string body, token, signed_headers, signature;
};

// Computed in two independent ways.
TEST(Signing, AgreesWithGoldenVectors) {
  const std::vector<Golden> vectors{
      {{"us-east-1", "iam"},
       "POST",
       "https://iam.amazonaws.com/",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "Action=ListAccessKeys&Version=2010-05-08&UserName=sql-backups-user",
       "",
       "content-type;host;x-amz-date",
       "18f51685b3227aeb952530fba29f8b679ce0d1fcc49f2c125f797565916e0acd"},
      {{"eu-west-1", "secretsmanager"},
       "POST",
       "https://secretsmanager.eu-west-1.amazonaws.com/",
       {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "secretsmanager.GetSecretValue"}},
       R"({"SecretId":"s","VersionStage":"AWSPENDING"})",
       "TOKENEXAMPLE",
       "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
       "4b361cbc5d63ac8d94ee3d0375b29c3030177acb2d17c42cc0ff5f980489c3ee"},
      {{"us-east-1", "s3"},
       "PUT",
       "https://my-bkt.s3.us-east-1.amazonaws.com/a%20b/x%2By.txt",
       {},
       "hi",
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "b5d07cde4a69da6d8c2e410c280c2b3da3520aeb4bf7fb283f0fc42789693ba7"},
      {{"us-east-1", "s3"},
       "POST",
       "https://my-bkt.s3.us-east-1.amazonaws.com/k?uploads",
       {},
       "",
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "4f834186e25852584a02798de02a1bd11fd6444745e8e1748563ef1ab7000c73"},
      {{"eu-west-1", "lambda"},
       "POST",
       "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/"
       "arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Af/invocations",
       {},
       "{}",
       "",
       "host;x-amz-date",
       "17d549146d5a754aa697dbff95298d33f0005e07b7626baba700c4f4d8a4fb04"},
  };
  for (const Golden& golden : vectors) {
    SCOPED_TRACE(golden.url);
    net::HttpRequest request;
    request.method = golden.method;
    request.url = golden.url;
    request.headers = golden.headers;
    request.body = golden.body;
    sign(request, example_key(golden.token), golden.scope, at("2015-08-30T12:36:00Z"));
    EXPECT_EQ(authorization(request), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/" +
                                          golden.scope.region + "/" + golden.scope.service +
                                          "/aws4_request, SignedHeaders=" + golden.signed_headers +
                                          ", Signature=" + golden.signature);
  }
}

TEST(Signing, NeverSignsOrSendsTheSecretItself) {
  net::HttpRequest request;
  request.url = "https://iam.amazonaws.com/";
  sign(request, example_key(), {"us-east-1", "iam"}, at("2015-08-30T12:36:00Z"));
  for (const auto& [name, value] : request.headers)
    EXPECT_EQ(value.find("wJalrXUtnFEMI"), std::string::npos) << name;
}

}  // namespace
}  // namespace keyturn::aws
