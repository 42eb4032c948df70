#include "aws/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/error_reply.h"
#include "aws/uri.h"

namespace keyturn::aws {
namespace {

// Takes what the transport says of one host and says for which call.
Error error_of_transport(const ServiceTraits& service, const Call& call, Error error) {
  if (call.nature == Nature::read) error.effect = Effect::none;
  const bool unknown = error.effect == Effect::unknown;
  error.message = fmt::format("{} {} {}: {}", describe(call),
                              unknown ? "got no answer from" : "did not reach", service.name, error.message);
  return error;
}

Error past_deadline(const ServiceTraits& service, const Call& call) {
  return {ErrorKind::past_deadline, Effect::none, "",
          fmt::format("{} was not sent to {}: the time that this run allows for changes is over.",
                      describe(call), service.name),
          "Run keyturn again; it goes on from where it stopped."};
}

}  // namespace

Client::Client(ClientContext context, std::shared_ptr<CredentialSource> credentials, Endpoint endpoint,
               ServiceTraits traits)
    : context_(context),
      credentials_(std::move(credentials)),
      endpoint_(std::move(endpoint)),
      traits_(std::move(traits)) {}

Result<net::HttpResponse> Client::call(Call call) const {
  std::optional<Error> last;
  bool renewed = false;
  for (int tries = 1;; ++tries) {
    auto reply = attempt(call);
    if (reply) {
      budget_->give_back(last ? &*last : nullptr);
      if (call.holds_secret) wipe_memory(call.request.body.data(), call.request.body.size());
      return reply;
    }
    Error error = reply.error();
    // An earlier attempt may have been carried out, whatever became of this one.
    if (last && last->effect == Effect::unknown) error.effect = Effect::unknown;
    last = error;
    if (is_expired_token(error) && !renewed && call.is_signed) {
      credentials_->expire();
      renewed = true;
      --tries;
    } else if (!wait_before_retry(call, error, tries)) {
      if (call.holds_secret) wipe_memory(call.request.body.data(), call.request.body.size());
      return fail(std::move(error));
    }
  }
}

bool Client::wait_before_retry(const Call& call, const Error& error, int attempt) const {
  const bool allowed = error.effect == Effect::none || call.nature != Nature::once;
  if (!may_pass(error) || !allowed || attempt >= context_.max_attempts) return false;
  const Duration delay = retry_delay(attempt, context_.random);
  if (call.not_after && context_.clock.now() + delay >= *call.not_after) return false;
  if (!budget_->take(error)) return false;
  context_.clock.sleep_for(delay, context_.stop);
  return context_.stop == nullptr || !context_.stop->requested();
}

Result<net::HttpResponse> Client::attempt(const Call& call) const {
  auto request = signed_request(call);
  if (!request) return fail(request.error());
  auto reply = context_.transport.send(std::move(*request));
  if (!reply) return fail(error_of_transport(traits_, call, reply.error()));
  if (reply->status >= 200 && reply->status < (call.any_status ? 500 : 300)) return reply;
  return fail(error_of_reply(traits_, call, *reply, context_.clock.now()));
}

Result<net::HttpRequest> Client::signed_request(const Call& call) const {
  net::HttpRequest request = call.request;
  request.url = endpoint_.url + call.request.url;
  request.wipe_body = call.holds_secret;
  request.repeatable = call.nature != Nature::once;
  std::optional<Credentials> credentials;
  if (call.is_signed) {
    auto got = credentials_->get();  // may itself take calls, so it comes before the clock is read
    if (!got) return fail(got.error());
    credentials = std::move(*got);
  }
  const TimePoint now = context_.clock.now();
  if (call.not_after && now >= *call.not_after) return fail(past_deadline(traits_, call));
  request.timeout = context_.timeout;
  if (call.not_after) request.timeout = std::min(request.timeout, *call.not_after - now);
  request.connect_timeout = std::min(request.connect_timeout, request.timeout);
  if (credentials) sign(request, *credentials, endpoint_.scope, now);
  return request;
}

Error Client::not_understood(const std::string& operation, const std::string& resource, Nature nature) const {
  Call call;
  call.operation = operation;
  call.resource = resource;
  return {ErrorKind::invalid_reply, nature == Nature::read ? Effect::none : Effect::unknown, "",
          fmt::format("{} got a reply from {} ({}) that can't be understood.", describe(call), traits_.name,
                      endpoint_.url),
          "Is something other than AWS at that address (a proxy, a wrong AWS_ENDPOINT_URL)?"};
}

FormBody::FormBody(const std::string& action, const std::string& version)
    : body_("Action=" + action + "&Version=" + version) {}

FormBody& FormBody::add(const std::string& name, const std::string& value) {
  body_ += "&" + percent_encode(name) + "=" + percent_encode(value);
  return *this;
}

net::HttpRequest FormBody::request() const {
  net::HttpRequest request;
  request.method = "POST";
  request.url = "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = body_;
  return request;
}

net::HttpRequest json_request(const std::string& target, std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = "/";
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}};
  request.body = std::move(body);
  return request;
}

}  // namespace keyturn::aws
