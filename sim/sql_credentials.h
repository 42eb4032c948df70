// The credential objects of one SQL Server environment: what sys.credentials shows, and the secrets that it
// never shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_string.h"
#include "base/time.h"
#include "sim/sql_error.h"

namespace keyturn::sim {

struct CredentialRow {
  int id = 0;  // credential_id; those made by users start at 65536
  std::string name;
  std::string identity;
  std::optional<SecretString> secret;  // unset: stored as NULL
  TimePoint create_date;               // UTC, of datetime's precision; the server shows local time
  TimePoint modify_date;

  // What stands before the colon of the secret; empty where there is none.
  [[nodiscard]] std::string access_key_id() const;
};

// Time as the type `datetime` holds it: a multiple of 1/300 s, in milliseconds (…0, …3, …7).
TimePoint round_to_datetime(TimePoint time);

// Names compare without case. A plain value: a transaction takes a copy first and puts it back to roll back.
// Not synchronised.
class CredentialTable {
 public:
  // CREATE CREDENTIAL: 15530 where the name is taken.
  std::optional<SqlError> create(std::string_view name, std::string_view identity,
                                 std::optional<SecretString> secret, TimePoint now);
  // ALTER CREDENTIAL sets both identity and secret (no SECRET stores NULL): 15151 where the name is missing.
  std::optional<SqlError> alter(std::string_view name, std::string_view identity,
                                std::optional<SecretString> secret, TimePoint now);
  // DROP CREDENTIAL: 15151 where the name is missing.
  std::optional<SqlError> drop(std::string_view name);

  [[nodiscard]] const CredentialRow* find(std::string_view name) const;
  // The credential that a backup to `url` uses: the whole URL, then each parent path, down to the bucket.
  [[nodiscard]] const CredentialRow* find_for_url(std::string_view url) const;
  [[nodiscard]] const std::vector<CredentialRow>& rows() const { return rows_; }

 private:
  CredentialRow* find_mutable(std::string_view name);

  std::vector<CredentialRow> rows_;  // by id
};

}  // namespace keyturn::sim
