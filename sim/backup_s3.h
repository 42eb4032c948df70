// What SQL Server says to S3 during a backup: signed requests under the key that the credential held at its
// start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/signing.h"
#include "base/clock.h"
#include "net/http_transport.h"

namespace keyturn::sim {

struct BackupLocation {
  std::string host;  // of the s3:// URL
  std::string bucket;
  std::string key;     // without leading '/'
  std::string region;  // of an AWS host name, or empty
  bool path_style = false;
};
// "s3://bucket.s3.us-east-1.amazonaws.com/dir/db.bak", "s3://host[:port]/bucket/db.bak"; nothing for other
// forms.
std::optional<BackupLocation> parse_backup_url(const std::string& url);

// An operating system error as SQL Server shows it: number and text.
struct OsError {
  int number = 0;
  std::string text;
  [[nodiscard]] std::string shown() const { return std::to_string(number) + "(" + text + ")"; }
};
OsError os_error(int number);

// One object. Not thread-safe.
class BackupObject {
 public:
  // `endpoint` as in BackupSettings::s3_endpoint.
  BackupObject(net::HttpTransport& transport, const Clock& clock, std::string endpoint,
               BackupLocation location, aws::Credentials credentials, std::string region);

  // Does the object exist? Also finds out whether the bucket can be reached at all.
  tl::expected<bool, OsError> exists();
  std::optional<OsError> begin_upload();
  std::optional<OsError> upload_part(std::string bytes);
  std::optional<OsError> complete_upload();
  tl::expected<std::string, OsError> read();

 private:
  tl::expected<net::HttpResponse, OsError> send(const std::string& method, const std::string& key,
                                                const std::string& query, std::string body = {});

  net::HttpTransport& transport_;
  const Clock& clock_;
  std::string endpoint_;
  BackupLocation location_;
  aws::Credentials credentials_;
  aws::SigningScope scope_;
  std::string upload_id_;
  std::vector<std::string> etags_;
};

}  // namespace keyturn::sim
