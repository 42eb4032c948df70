// SNS: topics, subscriptions as a record, and what was published. Facts: Amazon SNS API reference 2010-03-31.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/service_error.h"

namespace keyturn::sim {

struct Subscription {
  std::string arn;
  std::string topic_arn;
  std::string protocol;
  std::string endpoint;
};

struct PublishedMessage {
  std::string id;
  std::string topic_arn;
  std::string subject;  // may be empty
  std::string message;
  TimePoint at;
};

// Thread-safe. Nothing is delivered: messages() is what subscribers would have got.
class Sns {
 public:
  Sns(const Clock& clock, Random& random, std::string account = "111122223333",
      std::string region = "us-east-1")
      : clock_(clock), random_(random), account_(std::move(account)), region_(std::move(region)) {}

  // The ARN; of the topic that exists, too.
  Reply<std::string> create_topic(const std::string& name);
  void delete_topic(const std::string& arn);              // no error where it is gone
  [[nodiscard]] std::vector<std::string> topics() const;  // ARNs
  // Confirmed at once.
  Reply<Subscription> subscribe(const std::string& topic_arn, const std::string& protocol,
                                const std::string& endpoint);
  Reply<void> unsubscribe(const std::string& subscription_arn);
  [[nodiscard]] std::vector<Subscription> subscriptions() const;
  // The id. A message has at most 256 KiB, a subject at most 100 characters of ASCII in one line.
  Reply<std::string> publish(const std::string& topic_arn, const std::string& message,
                             const std::string& subject = {});
  [[nodiscard]] bool has_topic(const std::string& arn) const;

  [[nodiscard]] std::vector<PublishedMessage> messages() const;  // oldest first

 private:
  const Clock& clock_;
  Random& random_;
  const std::string account_;
  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> topics_;  // name by ARN
  std::vector<Subscription> subscriptions_;
  std::vector<PublishedMessage> messages_;
};

}  // namespace keyturn::sim
