// Which rights were asked for, by whom, and whether they had them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace keyturn::sim {

struct AskedRight {
  std::string identity;  // "user/NAME" or "role/NAME"
  std::string action;    // "iam:CreateAccessKey"
  std::string resource;  // an ARN, or "*"
  bool allowed = false;
};

// Thread-safe. Each right once, however often it was asked for.
class RightsLog {
 public:
  void add(AskedRight right) {
    const std::lock_guard lock(mutex_);
    std::string key =
        right.identity + " " + right.action + " " + right.resource + (right.allowed ? "+" : "-");
    rights_.emplace(std::move(key), std::move(right));
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    rights_.clear();
  }
  [[nodiscard]] std::vector<AskedRight> snapshot() const {
    const std::lock_guard lock(mutex_);
    std::vector<AskedRight> all;
    for (const auto& [key, right] : rights_) all.push_back(right);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, AskedRight> rights_;
};

// "arn:aws:sts::1:assumed-role/NAME/SESSION" -> "role/NAME".
inline std::string identity_of(const std::string& arn) {
  std::string name = arn.substr(arn.rfind(':') + 1);
  constexpr const char* kAssumed = "assumed-role/";
  if (!name.starts_with(kAssumed)) return name;
  name.erase(0, std::string(kAssumed).size());
  return "role/" + name.substr(0, name.find('/'));
}

}  // namespace keyturn::sim
