// The services behind the front: each turns one verified call into a response, or into its own error.
#pragma once

#include <optional>
#include <string>

#include "net/http_transport.h"
#include "sim/aws_protocol.h"
#include "sim/aws_request.h"
#include "sim/world.h"

namespace keyturn::sim {

// What it refers to must outlive it.
struct AwsCall {
  World& world;
  const Caller& caller;
  const AwsRequest& request;
  std::string operation;  // as the API names it: "CreateAccessKey", "UploadPart"
  const Params& params;   // of the query protocols
  std::string request_id;
  std::string region;  // that it was signed for
};

// Is the caller allowed to? `action` without the service: "CreateAccessKey"; `resource`: an ARN, or "*" where
// IAM knows none. The region is part of the context by itself.
Reply<void> authorize(const AwsCall& call, Protocol protocol, const std::string& service,
                      const std::string& action, const std::string& resource, AccessContext context = {});
// "arn:aws:SERVICE:REGION:ACCOUNT:REST", of the region that the call went to.
std::string arn_of(const AwsCall& call, const std::string& service, const std::string& rest);

Reply<net::HttpResponse> serve_iam(const AwsCall& call);
Reply<net::HttpResponse> serve_sts(const AwsCall& call);
Reply<net::HttpResponse> serve_ec2(const AwsCall& call);
Reply<net::HttpResponse> serve_kms(const AwsCall& call);
Reply<net::HttpResponse> serve_secrets_manager(const AwsCall& call);
Reply<net::HttpResponse> serve_ssm(const AwsCall& call);
Reply<net::HttpResponse> serve_lambda(const AwsCall& call);
Reply<net::HttpResponse> serve_sns(const AwsCall& call);
Reply<net::HttpResponse> serve_events(const AwsCall& call);
Reply<net::HttpResponse> serve_scheduler(const AwsCall& call);
std::string scheduler_operation(const AwsRequest& request);
// The bucket and key come from the host and path; see sim/aws_s3_route.h.
struct S3Route;
Reply<net::HttpResponse> serve_s3(const AwsCall& call, const S3Route& route);

// <OperationResponse><OperationResult>result</OperationResult>…: the reply of a query service. Without a
// result there is no such element.
net::HttpResponse query_reply(const AwsCall& call, const std::string& xml_namespace,
                              const std::optional<std::string>& result);
// A whole number in a parameter; nothing where it is absent.
Reply<std::optional<int>> int_param(const AwsCall& call, const std::string& name);

}  // namespace keyturn::sim
