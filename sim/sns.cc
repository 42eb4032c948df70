#include "sim/sns.h"

#include <algorithm>
#include <cctype>

namespace keyturn::sim {
namespace {

constexpr std::size_t kMaxMessageBytes = 262'144;
constexpr std::size_t kMaxSubject = 100;

tl::unexpected<ServiceError> no_topic() { return refuse("NotFound", 404, "Topic does not exist"); }
tl::unexpected<ServiceError> bad_parameter(const std::string& why) {
  return refuse("InvalidParameter", 400, "Invalid parameter: " + why);
}

bool is_subject(const std::string& text) {
  return text.size() <= kMaxSubject && text.substr(0, 1) != " " &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

Reply<std::string> Sns::create_topic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const bool good = !name.empty() && name.size() <= 256 &&
                    std::all_of(name.begin(), name.end(),
                                [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
  if (!good) return bad_parameter("Topic Name");
  const std::string arn = "arn:aws:sns:" + region_ + ":" + account_ + ":" + name;
  topics_[arn] = name;
  return arn;
}

void Sns::delete_topic(const std::string& arn) {
  const std::lock_guard lock(mutex_);
  topics_.erase(arn);
  subscriptions_.erase(std::remove_if(subscriptions_.begin(), subscriptions_.end(),
                                      [&](const Subscription& each) { return each.topic_arn == arn; }),
                       subscriptions_.end());
}

std::vector<std::string> Sns::topics() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> arns;
  for (const auto& [arn, name] : topics_) arns.push_back(arn);
  return arns;
}

bool Sns::has_topic(const std::string& arn) const {
  const std::lock_guard lock(mutex_);
  return topics_.contains(arn);
}

Reply<Subscription> Sns::subscribe(const std::string& topic_arn, const std::string& protocol,
                                   const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  if (!topics_.contains(topic_arn)) return no_topic();
  if (protocol.empty()) return bad_parameter("Protocol");
  for (const Subscription& each : subscriptions_)
    if (each.topic_arn == topic_arn && each.protocol == protocol && each.endpoint == endpoint) return each;
  subscriptions_.push_back({topic_arn + ":" + random_.uuid(), topic_arn, protocol, endpoint});
  return subscriptions_.back();
}

Reply<void> Sns::unsubscribe(const std::string& subscription_arn) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                                  [&](const Subscription& each) { return each.arn == subscription_arn; });
  if (found == subscriptions_.end()) return refuse("NotFound", 404, "Subscription does not exist");
  subscriptions_.erase(found);
  return {};
}

std::vector<Subscription> Sns::subscriptions() const {
  const std::lock_guard lock(mutex_);
  return subscriptions_;
}

Reply<std::string> Sns::publish(const std::string& topic_arn, const std::string& message,
                                const std::string& subject) {
  const std::lock_guard lock(mutex_);
  if (!topics_.contains(topic_arn)) return no_topic();
  if (message.empty()) return bad_parameter("Empty message");
  if (message.size() > kMaxMessageBytes) return bad_parameter("Message too long");
  if (!is_subject(subject)) return bad_parameter("Subject");
  messages_.push_back({random_.uuid(), topic_arn, subject, message, clock_.now()});
  return messages_.back().id;
}

std::vector<PublishedMessage> Sns::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

}  // namespace keyturn::sim
