#include "sim/lambda_runtime.h"

#include <nlohmann/json.hpp>
#include <regex>

namespace keyturn::sim {
namespace {

using RuntimeAnswer = Lambda::RuntimeAnswer;

constexpr std::string_view kBase = "/2018-06-01/runtime/";

enum class Call { next, response, error, init_error, unknown };

struct Route {
  Call call = Call::unknown;
  std::string request_id;
};

Route route_of(const std::string& method, const std::string& target) {
  if (!target.starts_with(kBase)) return {};
  const std::string rest = target.substr(kBase.size());
  if (method == "GET") return rest == "invocation/next" ? Route{Call::next, {}} : Route{};
  if (method != "POST") return {};
  if (rest == "init/error") return {Call::init_error, {}};
  static const std::regex kAnswer("invocation/([^/]+)/(response|error)");
  std::smatch match;
  if (!std::regex_match(rest, match, kAnswer)) return {};
  return {match[2] == "error" ? Call::error : Call::response, match[1]};
}

const char* name_of(Call call) {
  switch (call) {
    case Call::next:
      return "next";
    case Call::response:
      return "response";
    case Call::error:
      return "error";
    case Call::init_error:
      return "init";
    case Call::unknown:
      break;
  }
  return "?";
}

Exchange reply(int status, const nlohmann::json& body, net::Headers headers = {}) {
  headers.emplace_back("Content-Type", "application/json");
  return {{status, std::move(headers), body.dump()}, Ending::reply};
}

Exchange refused(int status, const char* type, const char* message) {
  return reply(status, {{"errorType", type}, {"errorMessage", message}});
}

Exchange said(RuntimeAnswer answer) {
  switch (answer) {
    case RuntimeAnswer::accepted:
      return reply(202, {{"status", "OK"}});
    case RuntimeAnswer::bad_request_id:
      return refused(400, "InvalidRequestID", "Invalid request ID");
    case RuntimeAnswer::bad_state:
      return refused(403, "InvalidStateTransition", "State transition is not allowed");
    case RuntimeAnswer::too_large:
      return refused(413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size");
    case RuntimeAnswer::no_such_environment:
      break;
  }
  return {{}, Ending::reply_lost};
}

Exchange said(const Lambda::NextReply& next) {
  if (!next.invocation) return said(next.answer);
  const Lambda::NextInvocation& invocation = *next.invocation;
  net::Headers headers{
      {"Content-Type", "application/json"},
      {"Lambda-Runtime-Aws-Request-Id", invocation.request_id},
      {"Lambda-Runtime-Deadline-Ms", std::to_string(invocation.deadline.time_since_epoch().count())},
      {"Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn},
      {"Lambda-Runtime-Trace-Id", invocation.trace_id}};
  if (!invocation.client_context.empty())
    headers.emplace_back("Lambda-Runtime-Client-Context", invocation.client_context);
  return {{200, std::move(headers), invocation.payload}, Ending::reply};
}

// What the header says, where it has the form that the service takes.
std::string error_type(const net::Headers& headers, const char* otherwise) {
  static const std::regex kForm("(Runtime|Function)\\.[A-Z][a-zA-Z]+");
  const std::string type(net::find_header(headers, "Lambda-Runtime-Function-Error-Type"));
  return std::regex_match(type, kForm) ? type : otherwise;
}

}  // namespace

Exchange RuntimeFront::handle(const std::string& environment_id, const std::string& method,
                              const std::string& target, const net::Headers& headers, const std::string& body,
                              const StopFlag* stop) {
  const Route route = route_of(method, target);
  const auto fault = world_.faults().draw(std::string("lambda-runtime:") + name_of(route.call));
  const FaultKind kind = fault ? fault->kind : FaultKind::refuse;
  if (fault && kind == FaultKind::hang) return {{}, Ending::hang};
  if (fault && kind == FaultKind::error_5xx)
    return refused(500, "InternalServerError", "The container is broken");
  if (fault && kind == FaultKind::delay) world_.clock().sleep_for(fault->delay, stop);
  Lambda& lambda = world_.lambda();
  Exchange exchange;
  switch (route.call) {
    case Call::next:
      exchange = said(lambda.next(environment_id, stop));
      break;
    case Call::response:
      exchange = said(lambda.respond(environment_id, route.request_id, body));
      break;
    case Call::error:
      exchange = said(lambda.report_error(environment_id, route.request_id,
                                          error_type(headers, "Function.Unknown"), body));
      break;
    case Call::init_error:
      exchange = said(lambda.report_init_error(environment_id, error_type(headers, "Runtime.Unknown"), body));
      break;
    case Call::unknown:
      exchange = reply(404, {{"errorMessage", "404 page not found"}});
      break;
  }
  if (fault && kind == FaultKind::reply_lost) exchange.ending = Ending::reply_lost;
  if (fault && kind == FaultKind::cut) exchange.ending = Ending::cut;
  return exchange;
}

}  // namespace keyturn::sim
