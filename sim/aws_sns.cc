// SNS, API version 2010-03-31: the query protocol.
#include <map>

#include "sim/aws_service.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

using Answer = Reply<std::optional<std::string>>;

std::string param(const AwsCall& call, const char* name) { return call.params.get_or(name, ""); }

std::string subscription_xml(const AwsCall& call, const Subscription& each) {
  return xml_nest("member", xml_text("SubscriptionArn", each.arn) + xml_text("TopicArn", each.topic_arn) +
                                xml_text("Protocol", each.protocol) + xml_text("Endpoint", each.endpoint) +
                                xml_text("Owner", call.world.iam().account()));
}

Answer create_topic(const AwsCall& call) {
  const auto arn = call.world.sns().create_topic(param(call, "Name"));
  if (!arn) return tl::unexpected(arn.error());
  return xml_text("TopicArn", *arn);
}

Answer list_topics(const AwsCall& call) {
  std::string members;
  for (const std::string& arn : call.world.sns().topics())
    members += xml_nest("member", xml_text("TopicArn", arn));
  return xml_nest("Topics", members);
}

Answer get_topic_attributes(const AwsCall& call) {
  const std::string arn = param(call, "TopicArn");
  if (!call.world.sns().has_topic(arn)) return refuse("NotFound", 404, "Topic does not exist");
  const auto entry = [](const char* key, const std::string& value) {
    return xml_nest("entry", xml_text("key", key) + xml_text("value", value));
  };
  return xml_nest("Attributes", entry("TopicArn", arn) + entry("Owner", call.world.iam().account()));
}

Answer delete_topic(const AwsCall& call) {
  call.world.sns().delete_topic(param(call, "TopicArn"));
  return std::optional<std::string>();
}

Answer subscribe(const AwsCall& call) {
  const auto made =
      call.world.sns().subscribe(param(call, "TopicArn"), param(call, "Protocol"), param(call, "Endpoint"));
  if (!made) return tl::unexpected(made.error());
  return xml_text("SubscriptionArn", made->arn);
}

Answer unsubscribe(const AwsCall& call) {
  const auto done = call.world.sns().unsubscribe(param(call, "SubscriptionArn"));
  if (!done) return tl::unexpected(done.error());
  return std::optional<std::string>();
}

// Of one topic, or of all where none is named.
Answer list_subscriptions(const AwsCall& call) {
  const std::string topic = param(call, "TopicArn");
  std::string members;
  for (const Subscription& each : call.world.sns().subscriptions())
    if (topic.empty() || each.topic_arn == topic) members += subscription_xml(call, each);
  return xml_nest("Subscriptions", members);
}

Answer publish(const AwsCall& call) {
  const std::string arn = call.params.get_or("TopicArn", param(call, "TargetArn"));
  const auto id = call.world.sns().publish(arn, param(call, "Message"), param(call, "Subject"));
  if (!id) return tl::unexpected(id.error());
  return xml_text("MessageId", *id);
}

const std::map<std::string, Answer (*)(const AwsCall&)> kOperations{
    {"CreateTopic", create_topic},
    {"ListTopics", list_topics},
    {"GetTopicAttributes", get_topic_attributes},
    {"DeleteTopic", delete_topic},
    {"Subscribe", subscribe},
    {"Unsubscribe", unsubscribe},
    {"ListSubscriptions", list_subscriptions},
    {"ListSubscriptionsByTopic", list_subscriptions},
    {"Publish", publish}};

}  // namespace

Reply<net::HttpResponse> serve_sns(const AwsCall& call) {
  const auto operation = kOperations.find(call.operation);
  if (operation == kOperations.end())
    return tl::unexpected(unknown_operation(Protocol::query, call.operation));
  const std::string resource = call.params.get_or("TopicArn", call.params.get_or("TargetArn", "*"));
  if (auto may = authorize(call, Protocol::query, "sns", call.operation, resource); !may)
    return tl::unexpected(may.error());
  const Answer answer = operation->second(call);
  if (!answer) return tl::unexpected(answer.error());
  return query_reply(call, "http://sns.amazonaws.com/doc/2010-03-31/", *answer);
}

}  // namespace keyturn::sim
