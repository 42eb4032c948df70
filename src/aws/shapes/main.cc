// Prints every request that keyturn's AWS operations build, one JSON line each, for checks against the
// services' own models:
// {"service", "operation", "method", "target", "headers": {...}, "body"}. Nothing is sent.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "aws/ec2.h"
#include "aws/iam.h"
#include "aws/kms.h"
#include "aws/s3.h"
#include "aws/secrets_manager.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "aws/uri.h"

namespace keyturn::aws {
namespace {

// Prints instead of sending, and answers so that a paged call asks for the next page once.
class PrintingTransport final : public net::HttpTransport {
 public:
  Result<net::HttpResponse> send(net::HttpRequest request) override {
    nlohmann::json headers;
    for (const auto& [name, value] : request.headers) headers[name] = value;
    const UrlParts url = split_url(request.url);
    const std::string service(url.host.substr(0, url.host.find('.')));
    const nlohmann::json line{{"service", service},       {"operation", operation_of(request)},
                              {"method", request.method}, {"target", std::string(url.target)},
                              {"headers", headers},       {"body", request.body}};
    std::puts(line.dump().c_str());
    return answer(service, request.body);
  }

  std::string s3_operation;

 private:
  [[nodiscard]] std::string operation_of(const net::HttpRequest& request) const {
    const std::string_view target = net::find_header(request.headers, "X-Amz-Target");
    if (!target.empty()) return std::string(target.substr(target.find('.') + 1));
    if (request.body.starts_with("Action=")) return request.body.substr(7, request.body.find('&') - 7);
    return s3_operation;
  }

  static net::HttpResponse answer(const std::string& service, const std::string& body) {
    net::HttpResponse response{200, {{"ETag", "\"etag\""}}, "{}"};
    const bool first_page =
        body.find("Token") == std::string::npos && body.find("Marker") == std::string::npos;
    if (body.starts_with("Action=SimulatePrincipalPolicy"))
      response.body = first_page ? "<R><SimulatePrincipalPolicyResult><IsTruncated>true</IsTruncated>"
                                   "<Marker>next</Marker></SimulatePrincipalPolicyResult></R>"
                                 : "<R><SimulatePrincipalPolicyResult/></R>";
    else if (service == "iam")
      response.body = first_page
                          ? "<R><ListAccessKeysResult><IsTruncated>true</IsTruncated><Marker>next</Marker>"
                            "</ListAccessKeysResult></R>"
                          : "<R><ListAccessKeysResult/></R>";
    if (service == "ec2")
      response.body =
          first_page ? "<DescribeInstancesResponse><nextToken>next</nextToken></DescribeInstancesResponse>"
                     : "<DescribeInstancesResponse/>";
    if ((service == "secretsmanager" || service == "ssm") && first_page)
      response.body = R"({"NextToken": "next"})";
    if (service == "s3")
      response.body =
          "<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>";
    return response;
  }
};

class Shapes {
 public:
  void print_all() {
    print_iam();
    print_sts();
    print_secrets_manager();
    (void)Ec2(client(Ec2::traits())).describe_instances({{"SQL", "2022"}, {"Stage", "prod"}});
    print_ssm();
    (void)Kms(client(Kms::traits())).describe("alias/keyturn");
    print_s3();
  }

 private:
  [[nodiscard]] Client client(const ServiceTraits& traits) {
    const auto credentials = std::make_shared<StaticCredentials>(
        Credentials{"AKIDEXAMPLE", SecretString("secret"), SecretString("token"), {}});
    return {ClientContext{transport_, clock_, random_},
            credentials,
            {"https://" + traits.prefix + ".us-east-1.amazonaws.com", {"us-east-1", traits.prefix}},
            traits};
  }

  void print_iam() {
    const Iam iam(client(Iam::traits()));
    (void)iam.list_access_keys("sql-backups");
    (void)iam.last_used("AKIAIOSFODNN7EXAMPLE");
    (void)iam.create_access_key("sql-backups", std::nullopt);
    (void)iam.update_access_key("sql-backups", "AKIAIOSFODNN7EXAMPLE", false, std::nullopt);
    (void)iam.delete_access_key("sql-backups", "AKIAIOSFODNN7EXAMPLE", std::nullopt);
    (void)iam.simulate({"arn:aws:iam::111122223333:role/keyturn",
                        {"iam:ListAccessKeys", "iam:CreateAccessKey"},
                        {"arn:aws:iam::111122223333:user/sql-backups"},
                        {{"aws:RequestedRegion", "us-east-1"}, {"aws:TagKeys", "keyturn:intent:x"}}});
  }
  void print_sts() {
    const Sts sts(client(Sts::traits()));
    const AssumeRoleRequest request{"arn:aws:iam::123456789012:role/keyturn", "keyturn-1", "external", 900};
    (void)sts.get_caller_identity();
    (void)sts.date();
    (void)sts.assume_role(request);
    (void)sts.assume_role_with_web_identity(request, SecretString("web-token"));
  }
  void print_secrets_manager() {
    const SecretsManager secrets(client(SecretsManager::traits()));
    const std::string version = "01234567-89ab-cdef-0123-456789abcdef";
    const std::string other = "11234567-89ab-cdef-0123-456789abcdef";
    (void)secrets.describe("sqlcredential");
    (void)secrets.list_versions("sqlcredential");
    (void)secrets.get_value("sqlcredential", version, "AWSCURRENT");
    (void)secrets.put_value("sqlcredential", version, SecretString("id:secret"), {"AWSPENDING"},
                            std::nullopt);
    (void)secrets.move_stage("sqlcredential", "AWSCURRENT", version, other, std::nullopt);
    (void)secrets.move_stage("sqlcredential", "AWSPENDING", version, "", std::nullopt);
    (void)secrets.tag("sqlcredential", "keyturn:intent:1", "2026-01-02T03:04:05Z", std::nullopt);
    (void)secrets.untag("sqlcredential", "keyturn:intent:1", std::nullopt);
  }
  void print_ssm() {
    const Ssm ssm(client(Ssm::traits()));
    SsmCommandRequest request;
    request.document = "SQL-Credentials-UpdateCreds";
    request.node_ids = {"i-0123456789abcdef0", "mi-0123456789abcdef0"};
    request.parameters = {{"Mode", {"apply"}},
                          {"BucketUrls", {"s3://bucket.s3.us-east-1.amazonaws.com/sql"}}};
    request.comment = "keyturn 01234567-89ab-cdef-0123-456789abcdef";
    request.max_concurrency = "100%";
    request.max_errors = "10";
    (void)ssm.send_command(request, Nature::once, std::nullopt);
    request.node_ids.clear();
    request.tags = {{"SQL", "2022"}, {"Stage", "prod"}};
    (void)ssm.send_command(request, Nature::read, std::nullopt);
    const std::string command = "01234567-89ab-cdef-0123-456789abcdef";
    (void)ssm.commands(request.document, clock_.now());
    (void)ssm.invocations(command, [](const SsmInvocation&) {});
    (void)ssm.output(command, "i-0123456789abcdef0", "ApplyOnLinux");
    (void)ssm.cancel_command(command);
    (void)ssm.nodes_with(request.tags);
    (void)ssm.nodes({"i-0123456789abcdef0"});
    (void)ssm.document("SQL-Credentials-UpdateCreds");
  }
  void print_s3() {
    const S3 s3(client(S3::traits()), "backups", S3Style::path);
    const auto named = [&](const char* operation) { transport_.s3_operation = operation; };
    named("HeadBucket");
    (void)s3.head_bucket();
    named("ListObjectsV2");
    (void)s3.probe();
    named("PutObject");
    (void)s3.put_object("a b/c+d.bak", "data");
    named("GetObject");
    (void)s3.get_object("a b/c+d.bak");
    named("DeleteObject");
    (void)s3.delete_object("a b/c+d.bak");
    named("HeadObject");
    (void)s3.head_object("a b/c+d.bak");
    named("CreateMultipartUpload");
    (void)s3.create_multipart_upload("db.bak");
    named("UploadPart");
    (void)s3.upload_part("db.bak", "upload/1", 2, "data");
    named("CompleteMultipartUpload");
    (void)s3.complete_multipart_upload("db.bak", "upload/1", {"\"e1\"", "\"e2\""});
    named("AbortMultipartUpload");
    (void)s3.abort_multipart_upload("db.bak", "upload/1");
  }

  PrintingTransport transport_;
  SystemClock clock_;
  SeededRandom random_{1};
};

}  // namespace
}  // namespace keyturn::aws

int main() {
  keyturn::aws::Shapes().print_all();
  return 0;
}
