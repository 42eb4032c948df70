// AWS Identity and Access Management: the access keys of one user, and what somebody may do (query protocol,
// version 2010-05-08).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/client.h"

namespace keyturn::aws {

struct AccessKeyMetadata {
  std::string id;
  bool is_active = false;  // any status that is not "Active" counts as inactive
  TimePoint created_at;
};

struct NewAccessKey {
  std::string id;
  SecretString secret;
  TimePoint created_at;
};

struct AccessKeyUse {
  TimePoint at;
  std::string service;
  std::string region;
};

// What IAM is asked about: may `principal` do these things to these resources?
struct SimulationRequest {
  std::string principal;  // ARN of a user or role
  std::vector<std::string> actions;
  std::vector<std::string> resources;          // ARNs
  std::map<std::string, std::string> context;  // "aws:RequestedRegion": "us-east-1"; all are strings
};
struct SimulatedDecision {
  std::string action;
  std::string resource;
  bool allowed = false;
};

// Thread-safe.
class Iam {
 public:
  explicit Iam(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"IAM", "iam", Protocol::query}; }

  Result<std::vector<AccessKeyMetadata>> list_access_keys(const std::string& user) const;
  // Never used, or IAM does not know (any more): nothing.
  Result<std::optional<AccessKeyUse>> last_used(const std::string& key_id) const;
  // Has no token and shows the secret once: Effect::unknown means that a key may be there whose secret nobody
  // has.
  Result<NewAccessKey> create_access_key(const std::string& user, std::optional<TimePoint> not_after) const;
  Result<void> update_access_key(const std::string& user, const std::string& key_id, bool active,
                                 std::optional<TimePoint> not_after) const;
  // A key that is gone already is a success: ids are never given twice.
  Result<void> delete_access_key(const std::string& user, const std::string& key_id,
                                 std::optional<TimePoint> not_after) const;
  // By the principal's own policies and permissions boundary; service control policies count in part only.
  Result<std::vector<SimulatedDecision>> simulate(const SimulationRequest& request) const;

 private:
  Client client_;
};

}  // namespace keyturn::aws
