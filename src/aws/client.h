// One call to an AWS service: signing, deadline, retries, errors as sentences. The services are built on it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/credential_source.h"
#include "aws/retry.h"
#include "aws/signing.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/http_transport.h"

namespace keyturn::aws {

enum class Protocol { query, ec2, json, rest_xml };

// May a call be sent again while it is not known whether it was carried out?
enum class Nature {
  read,        // changes nothing: yes, and its effect is always none
  repeatable,  // doing it twice is the same as once: yes
  once,        // no: whoever called looks again
};

struct Call {
  std::string operation;  // "CreateAccessKey"
  std::string resource;   // for sentences: "user sql-backups"; may be empty
  Nature nature = Nature::once;
  std::optional<TimePoint> not_after;  // no attempt is sent later, and none is waited for longer
  bool is_signed = true;
  bool holds_secret = false;  // request or reply do: buffers are wiped
  bool any_status = false;    // every reply below 500 is a success
  net::HttpRequest request;   // url: path and query only
};

// What all clients share. Everything outlives them and is thread-safe.
struct ClientContext {
  net::HttpTransport& transport;
  Clock& clock;
  Random& random;
  const StopFlag* stop = nullptr;  // ends waits between attempts
  int max_attempts = 3;
  Duration timeout = std::chrono::seconds{30};  // of one attempt
};

struct Endpoint {
  std::string url;  // "https://iam.amazonaws.com", no trailing '/'
  SigningScope scope;
};

struct ServiceTraits {
  std::string name;    // for sentences: "IAM"
  std::string prefix;  // of its rights: "iam"
  Protocol protocol = Protocol::query;
};

// Thread-safe.
class Client {
 public:
  Client(ClientContext context, std::shared_ptr<CredentialSource> credentials, Endpoint endpoint,
         ServiceTraits traits);

  // A reply with status 2xx, or an error. Failures that may pass are repeated as Nature allows; expired
  // credentials are renewed and the call repeated once. Error::effect tells of all attempts together.
  Result<net::HttpResponse> call(Call call) const;

  // A 2xx reply that can't be understood: for a call that changes something its effect is unknown.
  [[nodiscard]] Error not_understood(const std::string& operation, const std::string& resource,
                                     Nature nature) const;
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const ServiceTraits& traits() const { return traits_; }

 private:
  Result<net::HttpResponse> attempt(const Call& call) const;
  Result<net::HttpRequest> signed_request(const Call& call) const;
  [[nodiscard]] bool wait_before_retry(const Call& call, const Error& error, int attempt) const;

  ClientContext context_;
  std::shared_ptr<CredentialSource> credentials_;
  Endpoint endpoint_;
  ServiceTraits traits_;
  std::shared_ptr<RetryBudget> budget_ = std::make_shared<RetryBudget>();
};

// The body of the query and ec2 protocols.
class FormBody {
 public:
  FormBody(const std::string& action, const std::string& version);
  FormBody& add(const std::string& name, const std::string& value);
  [[nodiscard]] net::HttpRequest request() const;

 private:
  std::string body_;
};

// A request of the json protocol. `target`: "secretsmanager.GetSecretValue".
net::HttpRequest json_request(const std::string& target, std::string body);

}  // namespace keyturn::aws
