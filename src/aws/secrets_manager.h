// AWS Secrets Manager (json protocol 1.1). `secret` is a name or an ARN.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "aws/client.h"

namespace keyturn::aws {

struct SecretDescription {
  std::string arn;
  std::string name;
  std::map<std::string, std::set<std::string>> stages_of;  // by version id: "AWSCURRENT" …
  std::map<std::string, std::string> tags;
  std::optional<TimePoint> created_at;
  std::optional<TimePoint> changed_at;
  std::optional<TimePoint> deleted_at;  // scheduled for deletion
  bool rotation_enabled = false;        // by Secrets Manager's own rotation
  std::string kms_key;                  // id, ARN or alias; empty: AWS's own key
};

struct SecretVersionEntry {
  std::string id;
  std::set<std::string> stages;  // empty: deprecated
  TimePoint created_at;
};

struct SecretValue {
  std::string version_id;
  SecretString text;  // SecretString, or the decoded SecretBinary
};

// Without the line end that an editor leaves: a password may begin or end with a blank.
SecretString without_line_end(const SecretString& text);

// Thread-safe. An optional `not_after` bounds calls that change something.
class SecretsManager {
 public:
  explicit SecretsManager(Client client) : client_(std::move(client)) {}
  static ServiceTraits traits() { return {"Secrets Manager", "secretsmanager", Protocol::json}; }

  Result<SecretDescription> describe(const std::string& secret) const;
  // All pages; with deprecated versions too.
  Result<std::vector<SecretVersionEntry>> list_versions(const std::string& secret) const;
  // Version, stage, or both (which must agree); both empty: AWSCURRENT.
  Result<SecretValue> get_value(const std::string& secret, const std::string& version_id,
                                const std::string& stage) const;
  // The token becomes the version's id; the same token and value again change nothing.
  Result<void> put_value(const std::string& secret, const std::string& token, const SecretString& text,
                         const std::vector<std::string>& stages, std::optional<TimePoint> not_after) const;
  // Compare-and-swap: fails with InvalidParameterException when the stage is not at `from`. Empty: left out.
  Result<void> move_stage(const std::string& secret, const std::string& stage, const std::string& from,
                          const std::string& to, std::optional<TimePoint> not_after) const;
  Result<void> tag(const std::string& secret, const std::string& key, const std::string& value,
                   std::optional<TimePoint> not_after) const;
  Result<void> untag(const std::string& secret, const std::string& key,
                     std::optional<TimePoint> not_after) const;

 private:
  Client client_;
};

}  // namespace keyturn::aws
