// Amazon EC2: which instances there are (ec2 protocol, version 2016-11-15).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/client.h"

namespace keyturn::aws {

struct Ec2Instance {
  std::string id;
  std::string state;             // "running", "stopped" …
  std::string private_ip;        // empty when the instance has none
  std::string private_dns_name;  // may be empty
  bool is_windows = false;
  std::map<std::string, std::string> tags;
  TimePoint launched_at;
  // When it left the running state, as far as EC2's "User initiated (DATE GMT)" says.
  std::optional<TimePoint> state_changed_at;
};

// Thread-safe.
class Ec2 {
 public:
  explicit Ec2(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"EC2", "ec2", Protocol::ec2}; }

  // Every instance that has all these tags with these values (values may hold EC2's wildcards * and ?),
  // whatever its state but shutting-down and terminated. With no tags: every instance.
  Result<std::vector<Ec2Instance>> describe_instances(const std::map<std::string, std::string>& tags) const;

 private:
  Client client_;
};

}  // namespace keyturn::aws
