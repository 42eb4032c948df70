// EC2 as far as DescribeInstances shows it. Facts: Amazon EC2 API reference 2016-11-15.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/service_error.h"

namespace keyturn::sim {

enum class InstanceState {
  pending = 0,
  running = 16,
  shutting_down = 32,
  terminated = 48,
  stopping = 64,
  stopped = 80
};
const char* to_string(InstanceState state);  // "shutting-down"

struct Ec2Instance {
  std::string id;  // "i-" and 17 hex digits
  InstanceState state = InstanceState::running;
  std::map<std::string, std::string> tags;  // may be empty: many instances have none
  std::string private_ip;
  std::string platform = "windows";  // empty: Linux
  TimePoint launched_at;
  std::string state_transition_reason;  // "User initiated (2026-01-02 03:04:05 GMT)"; empty while it runs
};

// What EC2 tells EventBridge when an instance gets into another state.
struct InstanceStateChange {
  std::string instance_id;
  InstanceState state = InstanceState::running;
  TimePoint at;
};

// All filters must match; of one filter's values any. Values are wildcard patterns and case-sensitive.
struct InstanceFilter {
  std::string
      name;  // "tag:KEY", "tag-key", "tag-value", "instance-state-name", "instance-id", "private-ip-address"
  std::vector<std::string> values;
};

// Thread-safe.
class Ec2 {
 public:
  Ec2(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  struct Page {
    std::vector<Ec2Instance> instances;
    std::string next_token;  // empty: that was the last page
  };
  // Pages are cut before filters are applied, so that a page may be empty and not the last, as EC2's own may.
  // `max_results` 0: not given.
  [[nodiscard]] Reply<Page> describe_instances(const std::vector<InstanceFilter>& filters,
                                               const std::vector<std::string>& ids = {}, int max_results = 0,
                                               const std::string& next_token = {}) const;

  // --- Setting the world up, and the truth ---
  // Returns the id. Instances are listed in the order in which they were added.
  std::string add_instance(std::map<std::string, std::string> tags, const std::string& private_ip,
                           const std::string& platform = "windows");
  // Stopping leaves the transition reason and its time, as EC2 does.
  void set_state(const std::string& id, InstanceState state);
  void set_tags(const std::string& id, std::map<std::string, std::string> tags);
  // No page is longer, whatever the caller asks for. Default 1000.
  void limit_pages(int instances);
  [[nodiscard]] std::vector<Ec2Instance> instances() const;
  [[nodiscard]] std::optional<Ec2Instance> instance(const std::string& id) const;
  // Those since the last call, launches too, oldest first.
  std::vector<InstanceStateChange> take_state_changes();

 private:
  [[nodiscard]] Ec2Instance* find(const std::string& id);

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::vector<Ec2Instance> instances_;
  std::map<std::string, std::size_t> place_of_;  // by id
  std::vector<InstanceStateChange> state_changes_;
  int page_limit_ = 1000;
};

}  // namespace keyturn::sim
