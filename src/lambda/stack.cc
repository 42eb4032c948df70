#include "lambda/stack.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lambda/rotations.h"
#include "lambda/way_out.h"
#include "net/transport_parts.h"

namespace keyturn::lambda {
namespace {

using Json = nlohmann::ordered_json;

// CloudFormation takes 4,096 bytes of answer; ids and names of a stack need a quarter of that at most.
constexpr std::size_t kLongestReason = 2'500;
constexpr const char* kNeverMade = "keyturn-never-started";
constexpr int kAttempts = 3;
constexpr Duration kAttempt = std::chrono::seconds{4};  // all of them fit into what stop_at() leaves
constexpr Duration kBetween = std::chrono::seconds{1};

// Cut between two characters of UTF-8.
std::string shortened(std::string text) {
  if (text.size() <= kLongestReason) return text;
  std::size_t end = kLongestReason;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + " …";
}

std::string reason_against(const HandlerParts& parts, StackRequest request) {
  if (request == StackRequest::make || request == StackRequest::change) return {};
  if (request == StackRequest::unknown) return "keyturn does not know what this request asks for.";
  try {
    return reason_to_stay(parts);
  } catch (const std::exception& thrown) {
    return fmt::format("keyturn met a defect of its own: {}. Please report it.", thrown.what());
  }
}

// No log and no error may hold the URL: its host is all that is told.
Result<void> send(net::HttpTransport& transport, Clock& clock, const StackEvent::Caller& caller,
                  const std::string& answer) {
  net::HttpRequest request;
  request.method = "PUT";
  request.url = caller.response_url.reveal();
  request.body = answer;  // without a Content-Type, which is part of what was signed
  request.timeout = kAttempt;
  request.repeatable = true;
  Error last;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (attempt > 1) clock.sleep_for(kBetween, nullptr);
    const auto reply = transport.send(request);
    if (reply && reply->status / 100 == 2) return {};
    last = reply ? Error{ErrorKind::unavailable, Effect::none, "",
                         fmt::format("{} answered with status {}.", net::host_of(request.url), reply->status),
                         ""}
                 : reply.error();
    if (reply && reply->status / 100 != 5) break;
  }
  return fail(std::move(last));
}

// `reason` empty: it may go on.
Answer tell(net::HttpTransport& transport, Clock& clock, const StackEvent& event, std::string reason) {
  const StackEvent::Caller& caller = *event.caller;
  if (!reason.empty()) reason = shortened(std::move(reason));
  if (!reason.empty() && event.request == StackRequest::remove)
    reason += fmt::format(
        " To delete the stack and leave this as it is: `aws cloudformation delete-stack "
        "--stack-name {} --retain-resources {}`.",
        caller.stack_id, caller.logical_id);
  const auto sent = send(transport, clock, caller, stack_answer(caller, reason));
  if (sent) return "{}";
  return fail_with(error_type_of(rotation::Outcome::failed),
                   "CloudFormation did not get its answer. " + sent.error().sentence());
}

}  // namespace

std::string stack_answer(const StackEvent::Caller& caller, const std::string& reason) {
  Json answer{{"Status", reason.empty() ? "SUCCESS" : "FAILED"}};
  if (!reason.empty()) answer["Reason"] = reason;
  // The same for ever: another one would have CloudFormation delete the resource with the old one.
  const char* made = reason.empty() ? "keyturn-way-out" : kNeverMade;
  answer["PhysicalResourceId"] = caller.physical_id.empty() ? made : caller.physical_id;
  answer["StackId"] = caller.stack_id;
  answer["RequestId"] = caller.request_id;
  answer["LogicalResourceId"] = caller.logical_id;
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Answer handle_stack(const HandlerParts& parts, const StackEvent& event) {
  std::string reason = reason_against(parts, event.request);
  if (!reason.empty()) parts.log.write(LogLevel::warn, reason);
  if (!event.caller)
    return reason.empty() ? Answer("{}") : Answer(fail_with("Function.Incomplete", std::move(reason)));
  return tell(parts.account.transport(), parts.clock, event, std::move(reason));
}

Answer refuse(net::HttpTransport& transport, Clock& clock, const std::optional<StackEvent>& event,
              const FunctionError& reason) {
  if (!event || !event->caller) return tl::unexpected(reason);
  // A stack whose making was refused is rolled back: with that function no key was ever turned.
  const bool may_go = event->request == StackRequest::remove && event->caller->physical_id == kNeverMade;
  return tell(transport, clock, *event, may_go ? std::string{} : reason.message);
}

}  // namespace keyturn::lambda
