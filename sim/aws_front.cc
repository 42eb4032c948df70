#include "sim/aws_front.h"

#include <map>

#include "base/digest.h"
#include "sim/aws_lambda_route.h"
#include "sim/aws_s3_route.h"
#include "sim/aws_service.h"
#include "sim/http_date.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

struct Service {
  std::string name;  // as in scopes, faults and the record
  Protocol protocol = Protocol::s3;
};

// The scope of the signature names the service; unsigned requests show it by their form.
Service service_of(const AwsRequest& request, const std::optional<SignatureClaim>& claim,
                   const Params& form) {
  static const std::map<std::string, Protocol> kServices{
      {"iam", Protocol::query},           {"sts", Protocol::query}, {"ec2", Protocol::ec2},
      {"secretsmanager", Protocol::json}, {"kms", Protocol::json},  {"ssm", Protocol::json},
      {"lambda", Protocol::rest_json},    {"sns", Protocol::query}, {"events", Protocol::json},
      {"scheduler", Protocol::rest_json}, {"s3", Protocol::s3}};
  static const std::map<std::string, std::string> kVersions{
      {"2010-05-08", "iam"}, {"2011-06-15", "sts"}, {"2016-11-15", "ec2"}};
  std::string name = claim ? claim->service : "";
  if (const std::string target = request.header("x-amz-target"); name.empty() && !target.empty())
    name = target.substr(0, target.find('.'));
  if (const auto version = kVersions.find(form.get_or("Version", ""));
      name.empty() && version != kVersions.end())
    name = version->second;
  if (const auto found = kServices.find(name); found != kServices.end()) return {name, found->second};
  return {name.empty() ? "s3" : name, name.empty() ? Protocol::s3 : Protocol::query};
}

}  // namespace

// One request on its way through.
struct AwsFront::Job {
  AwsRequest request;
  std::optional<SignatureClaim> claim;
  Params form;
  Service service;
  S3Route route;  // for S3
  std::string operation;
  std::string request_id;
  std::string extra_xml;  // for S3's error document
  std::string bucket_region;
  std::optional<Fault> fault;
  std::string outcome = "ok";
};

Exchange AwsFront::handle(const std::string& method, const std::string& target, const net::Headers& headers,
                          std::string body, const StopFlag* stop) {
  Job job;
  job.request = parse_aws_request(method, target, headers, std::move(body));
  job.claim = read_claim(job.request);
  if (job.request.header("content-type").starts_with("application/x-www-form-urlencoded"))
    job.form = Params::parse(job.request.body, true);
  job.service = service_of(job.request, job.claim, job.form);
  job.request_id = uuid_of("request " + std::to_string(++requests_));
  if (job.service.protocol == Protocol::s3) {
    job.route = route_s3(job.request);
    job.operation = job.route.operation;
  } else if (job.service.protocol == Protocol::json) {
    const std::string name = job.request.header("x-amz-target");
    job.operation = name.substr(name.find('.') + 1);
  } else if (job.service.name == "lambda") {
    job.operation = route_lambda(job.request).operation;
  } else if (job.service.name == "scheduler") {
    job.operation = scheduler_operation(job.request);
  } else {
    job.operation = job.form.get_or("Action", job.request.query.get_or("Action", "?"));
  }

  job.fault = world_.faults().draw(job.service.name + ":" + job.operation);
  const FaultKind kind = job.fault ? job.fault->kind : FaultKind::refuse;
  if (job.fault && kind == FaultKind::delay) world_.clock().sleep_for(job.fault->delay, stop);
  Exchange exchange;
  const bool kills = job.fault && (kind == FaultKind::kill_before || kind == FaultKind::kill_after);
  if (job.fault && kind == FaultKind::hang)
    exchange.ending = Ending::hang;
  else if (!kills || kind == FaultKind::kill_after)
    exchange.response = carry_out(job);
  finish(job, exchange.response);
  if (kills) world_.faults().kill({job.claim ? job.claim->access_key_id : "", {}});
  if (job.fault && (kills || kind == FaultKind::reply_lost)) exchange.ending = Ending::reply_lost;
  if (job.fault && kind == FaultKind::cut) exchange.ending = Ending::cut;
  if (job.fault) job.outcome = std::string("fault:") + to_string(kind);
  world_.log_call(job.service.name, job.operation, job.outcome, job.claim ? job.claim->access_key_id : "");
  return exchange;
}

net::HttpResponse AwsFront::carry_out(Job& job) {
  const auto fail_with = [&](const ServiceError& error) {
    job.outcome = error.code;
    return render(job, error);
  };
  const Protocol protocol = job.service.protocol;
  if (!job.claim) return fail_with(auth_error(protocol, AuthProblem::missing));
  const Verdict caller = verify(job.request, *job.claim, world_.iam(), world_.aws_now());
  if (!caller) {
    job.extra_xml = caller.error().extra_xml;
    return fail_with(auth_error(protocol, caller.error().problem, caller.error().detail));
  }
  world_.iam().record_use(caller->access_key_id, job.service.name, job.claim->region);
  if (job.fault && job.fault->kind == FaultKind::refuse)
    return fail_with(access_denied(protocol, caller->arn, job.service.name + ":" + job.operation, {}));
  if (job.fault && job.fault->kind == FaultKind::throttle) return fail_with(throttled(protocol));
  if (job.fault && job.fault->kind == FaultKind::error_5xx) return fail_with(service_ill(protocol));
  if (auto good = check_region(job); !good) return fail_with(good.error());
  if (auto good = check_body(job); !good) return fail_with(good.error());
  auto response = serve(job, *caller);
  return response ? *std::move(response) : fail_with(response.error());
}

Reply<net::HttpResponse> AwsFront::serve(Job& job, const Caller& caller) {
  const AwsCall call{world_, caller, job.request, job.operation, job.form, job.request_id, job.claim->region};
  if (job.service.name == "iam") return serve_iam(call);
  if (job.service.name == "sts") return serve_sts(call);
  if (job.service.name == "ec2") return serve_ec2(call);
  if (job.service.name == "secretsmanager") return serve_secrets_manager(call);
  if (job.service.name == "kms") return serve_kms(call);
  if (job.service.name == "lambda") return serve_lambda(call);
  if (job.service.name == "sns") return serve_sns(call);
  if (job.service.name == "events") return serve_events(call);
  if (job.service.name == "scheduler") return serve_scheduler(call);
  if (job.service.name == "ssm") return serve_ssm(call);
  if (job.service.name == "s3") return serve_s3(call, job.route);
  return refuse("InvalidAction", 400, "The service " + job.service.name + " is not simulated here.");
}

// IAM is signed for one region of its partition; a bucket answers in its own region only.
Reply<void> AwsFront::check_region(Job& job) const {
  if (job.service.name == "iam" && job.claim->region != "us-east-1")
    return tl::unexpected(auth_error(Protocol::query, AuthProblem::wrong_region));
  if (job.service.name != "s3" || job.route.bucket.empty()) return {};
  const auto region = world_.s3().region_of(job.route.bucket);
  if (!region) return {};  // the operation says so
  job.bucket_region = *region;
  if (!job.route.host_region.empty() && job.route.host_region != *region) {
    job.extra_xml = xml_text("Bucket", job.route.bucket) +
                    xml_text("Endpoint", job.route.bucket + ".s3." + *region + ".amazonaws.com");
    return refuse(
        "PermanentRedirect", 301,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
        "all future requests to this endpoint.");
  }
  if (job.claim->region != *region) {
    job.extra_xml = xml_text("Region", *region);
    return refuse("AuthorizationHeaderMalformed", 400,
                  "The authorization header is malformed; the region '" + job.claim->region +
                      "' is wrong; expecting '" + *region + "'");
  }
  return {};
}

// S3: the body is what its stated hash says; chunked bodies are unpacked.
Reply<void> AwsFront::check_body(Job& job) const {
  if (job.service.name != "s3" || job.claim->presigned) return {};
  const std::string stated = job.request.header("x-amz-content-sha256");
  if (stated.empty())
    return refuse("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256");
  if (stated == "UNSIGNED-PAYLOAD") return {};
  if (stated == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    auto decoded = decode_aws_chunks(job.request.body);
    if (!decoded) return refuse("IncompleteBody", 400, "The request body terminated unexpectedly");
    job.request.body = *std::move(decoded);
    return {};
  }
  if (stated.starts_with("STREAMING-"))
    return refuse("NotImplemented", 501, "Bodies signed chunk by chunk (" + stated + ") are not taken here.");
  if (stated != sha256_hex(job.request.body))
    return refuse("XAmzContentSHA256Mismatch", 400,
                  "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return {};
}

net::HttpResponse AwsFront::render(const Job& job, const ServiceError& error) const {
  return render_error(job.service.protocol, error, job.request_id, job.request.method == "HEAD",
                      job.extra_xml);
}

void AwsFront::finish(const Job& job, net::HttpResponse& response) const {
  if (job.service.protocol == Protocol::s3) {
    response.headers.emplace_back("x-amz-request-id", job.request_id);
    response.headers.emplace_back("x-amz-id-2", "lab");
    if (!job.bucket_region.empty() && response.header("x-amz-bucket-region").empty())
      response.headers.emplace_back("x-amz-bucket-region", job.bucket_region);
  } else {
    response.headers.emplace_back("x-amzn-RequestId", job.request_id);
  }
  response.headers.emplace_back("Date", http_date(world_.aws_now()));
}

}  // namespace keyturn::sim
