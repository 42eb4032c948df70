// Lambda, API version 2015-03-31.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "sim/aws_lambda_route.h"
#include "sim/aws_service.h"
#include "sim/base64_text.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<net::HttpResponse>;

// One request, with its parsed body. A member of the wrong type throws json::exception, caught at the end.
struct Request {
  const AwsCall& call;
  Lambda& lambda;
  std::string function;
  json body;

  [[nodiscard]] std::string text(const char* name) const { return body.value(name, std::string()); }
};

net::HttpResponse answer(int status, const json& body) {
  return {status, {{"Content-Type", "application/json"}}, body.dump()};
}

// "2026-01-02T03:04:05.678+0000", as this service alone writes dates.
std::string last_modified(TimePoint time) {
  std::string text = format_iso8601(std::chrono::floor<std::chrono::seconds>(time));
  text.pop_back();
  return text + ".000+0000";
}

json configuration_of(const Function& function) {
  const FunctionSettings& settings = function.settings;
  return {{"FunctionName", function.name},
          {"FunctionArn", function.arn},
          {"Runtime", settings.runtime},
          {"Role", settings.role},
          {"Handler", settings.handler},
          {"CodeSize", function.code_bytes},
          {"Description", settings.description},
          {"Timeout", settings.timeout.count() / 1000},
          {"MemorySize", settings.memory_mb},
          {"LastModified", last_modified(function.modified_at)},
          {"CodeSha256", function.code_sha256},
          {"Version", "$LATEST"},
          {"Environment", {{"Variables", settings.environment}}},
          {"TracingConfig", {{"Mode", "PassThrough"}}},
          {"RevisionId", uuid_of(function.arn + std::to_string(function.revision))},
          {"State", "Active"},
          {"LastUpdateStatus", "Successful"},
          {"PackageType", "Zip"},
          {"Architectures", {settings.architecture}},
          {"EphemeralStorage", {{"Size", 512}}}};
}

Answer configured(int status, const Reply<Function>& function) {
  if (!function) return tl::unexpected(function.error());
  return answer(status, configuration_of(*function));
}

void read_settings(const json& body, FunctionSettings& settings) {
  settings.runtime = body.value("Runtime", settings.runtime);
  settings.handler = body.value("Handler", settings.handler);
  settings.role = body.value("Role", settings.role);
  settings.description = body.value("Description", settings.description);
  settings.memory_mb = body.value("MemorySize", settings.memory_mb);
  if (const auto timeout = body.find("Timeout"); timeout != body.end())
    settings.timeout = std::chrono::seconds{timeout->get<int>()};
  if (const auto names = body.find("Architectures"); names != body.end() && !names->empty())
    settings.architecture = names->front().get<std::string>();
  if (const auto environment = body.find("Environment"); environment != body.end())
    settings.environment = environment->value("Variables", std::map<std::string, std::string>());
}

Reply<FunctionCode> read_code(const Request& request, const json& code) {
  const auto wrong = [](const std::string& what) {
    return refuse("InvalidParameterValueException", 400, what);
  };
  std::string zip;
  if (const std::string bucket = code.value("S3Bucket", std::string()); !bucket.empty()) {
    const auto object = request.call.world.s3().get_object(bucket, code.value("S3Key", std::string()));
    if (!object)
      return wrong("Error occurred while GetObject. S3 Error Code: " + object.error().code +
                   ". S3 Error Message: " + object.error().message);
    if (object->body.size() < object->size)
      return wrong("The bucket keeps only a part of so large an object: raise limit_bodies().");
    zip = object->body;
  } else if (auto bytes = bytes_of_base64(code.value("ZipFile", std::string()))) {
    zip = *std::move(bytes);
  }
  if (!zip.starts_with("PK"))
    return wrong("Could not unzip uploaded file. Please check your file, then try to upload again.");
  return FunctionCode{std::make_shared<const std::string>(std::move(zip)), {}};
}

Answer create_function(const Request& request) {
  const auto code = read_code(request, request.body.value("Code", json::object()));
  if (!code) return tl::unexpected(code.error());
  FunctionSettings settings;
  read_settings(request.body, settings);
  return configured(201, request.lambda.create_function(request.text("FunctionName"), settings, *code));
}

Answer update_code(const Request& request) {
  const auto code = read_code(request, request.body);
  if (!code) return tl::unexpected(code.error());
  return configured(200, request.lambda.update_code(request.function, *code));
}

Answer update_configuration(const Request& request) {
  return configured(200, request.lambda.update_settings(request.function, [&](FunctionSettings& settings) {
    read_settings(request.body, settings);
  }));
}

Answer get_configuration(const Request& request) {
  return configured(200, request.lambda.get_function(request.function));
}

Answer get_function(const Request& request) {
  const auto function = request.lambda.get_function(request.function);
  if (!function) return tl::unexpected(function.error());
  json body{{"Configuration", configuration_of(*function)},
            {"Code", {{"RepositoryType", "S3"}, {"Location", ""}}},
            {"Tags", json::object()}};
  if (function->reserved_concurrency)
    body["Concurrency"] = {{"ReservedConcurrentExecutions", *function->reserved_concurrency}};
  return answer(200, body);
}

Answer delete_function(const Request& request) {
  const auto done = request.lambda.delete_function(request.function);
  if (!done) return tl::unexpected(done.error());
  return net::HttpResponse{204, {}, {}};
}

Answer list_functions(const Request& request) {
  const std::vector<Function> all = request.lambda.functions();
  const auto max_items = int_param(request.call, "MaxItems");
  if (!max_items) return tl::unexpected(max_items.error());
  const std::size_t limit = std::size_t(std::clamp(max_items->value_or(50), 1, 50));
  const std::string marker = request.call.request.query.get_or("Marker", "");
  json listed = json::array();
  json body;
  for (const Function& function : all) {
    if (function.name <= marker) continue;
    if (listed.size() == limit) {
      body["NextMarker"] = listed.back()["FunctionName"];
      break;
    }
    listed.push_back(configuration_of(function));
  }
  body["Functions"] = std::move(listed);
  return answer(200, body);
}

json statement_of(const FunctionPermission& permission, const std::string& arn) {
  const bool is_service = permission.principal.find(".amazonaws.com") != std::string::npos;
  json statement{{"Sid", permission.statement_id},
                 {"Effect", "Allow"},
                 {"Principal", {{is_service ? "Service" : "AWS", permission.principal}}},
                 {"Action", permission.action},
                 {"Resource", arn}};
  if (!permission.source_arn.empty())
    statement["Condition"] = {{"ArnLike", {{"AWS:SourceArn", permission.source_arn}}}};
  return statement;
}

Answer add_permission(const Request& request) {
  const FunctionPermission permission{request.text("StatementId"), request.text("Action"),
                                      request.text("Principal"), request.text("SourceArn")};
  const auto added = request.lambda.add_permission(request.function, permission);
  if (!added) return tl::unexpected(added.error());
  const auto function = request.lambda.get_function(request.function);
  if (!function) return tl::unexpected(function.error());
  return answer(201, {{"Statement", statement_of(permission, function->arn).dump()}});
}

Answer get_policy(const Request& request) {
  const auto function = request.lambda.get_function(request.function);
  if (!function) return tl::unexpected(function.error());
  if (function->permissions.empty())
    return refuse("ResourceNotFoundException", 404, "The resource you requested does not exist.");
  json statements = json::array();
  for (const FunctionPermission& permission : function->permissions)
    statements.push_back(statement_of(permission, function->arn));
  const json policy{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements}};
  return answer(200, {{"Policy", policy.dump()}});
}

Answer put_concurrency(const Request& request) {
  const int reserved = request.body.value("ReservedConcurrentExecutions", 0);
  const auto done = request.lambda.reserve_concurrency(request.function, reserved);
  if (!done) return tl::unexpected(done.error());
  return answer(200, {{"ReservedConcurrentExecutions", reserved}});
}

Answer delete_concurrency(const Request& request) {
  const auto done = request.lambda.reserve_concurrency(request.function, std::nullopt);
  if (!done) return tl::unexpected(done.error());
  return net::HttpResponse{204, {}, {}};
}

Answer invoke(const Request& request) {
  const AwsRequest& http = request.call.request;
  InvokeRequest invocation{request.function, http.body, InvocationType::request_response,
                           http.header("x-amz-client-context")};
  const std::string type = http.header("x-amz-invocation-type");
  if (type == "Event") invocation.type = InvocationType::event;
  if (type == "DryRun") invocation.type = InvocationType::dry_run;
  const auto reply = request.lambda.invoke(invocation);
  if (!reply) return tl::unexpected(reply.error());
  net::HttpResponse response{reply->status, {}, reply->payload};
  if (invocation.type == InvocationType::request_response)
    response.headers = {{"Content-Type", "application/json"}, {"X-Amz-Executed-Version", "$LATEST"}};
  if (!reply->function_error.empty())
    response.headers.emplace_back("X-Amz-Function-Error", reply->function_error);
  if (http.header("x-amz-log-type") == "Tail")
    response.headers.emplace_back("X-Amz-Log-Result", base64_text(reply->log_tail));
  return response;
}

struct Operation {
  Answer (*serve)(const Request&);
  const char* action;  // IAM's name of it
};
const std::map<std::string, Operation> kOperations{
    {"CreateFunction", {create_function, "CreateFunction"}},
    {"UpdateFunctionCode", {update_code, "UpdateFunctionCode"}},
    {"UpdateFunctionConfiguration", {update_configuration, "UpdateFunctionConfiguration"}},
    {"GetFunctionConfiguration", {get_configuration, "GetFunctionConfiguration"}},
    {"GetFunction", {get_function, "GetFunction"}},
    {"DeleteFunction", {delete_function, "DeleteFunction"}},
    {"ListFunctions", {list_functions, "ListFunctions"}},
    {"AddPermission", {add_permission, "AddPermission"}},
    {"GetPolicy", {get_policy, "GetPolicy"}},
    {"PutFunctionConcurrency", {put_concurrency, "PutFunctionConcurrency"}},
    {"DeleteFunctionConcurrency", {delete_concurrency, "DeleteFunctionConcurrency"}},
    {"Invoke", {invoke, "InvokeFunction"}}};

}  // namespace

Reply<net::HttpResponse> serve_lambda(const AwsCall& call) {
  const auto operation = kOperations.find(call.operation);
  if (operation == kOperations.end())
    return tl::unexpected(unknown_operation(Protocol::rest_json, call.operation));
  Request request{call, call.world.lambda(), route_lambda(call.request).function, json::object()};
  try {
    if (call.operation != "Invoke" && !call.request.body.empty())
      request.body = json::parse(call.request.body);
    const auto function = request.lambda.get_function(request.function);
    const std::string resource = request.function.empty() ? "*"
                                 : function               ? function->arn
                                            : arn_of(call, "lambda", "function:" + request.function);
    if (auto may = authorize(call, Protocol::rest_json, "lambda", operation->second.action, resource); !may)
      return tl::unexpected(may.error());
    return operation->second.serve(request);
  } catch (const json::exception& error) {
    return refuse("SerializationException", 400, error.what());
  }
}

}  // namespace keyturn::sim
