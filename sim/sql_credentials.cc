#include "sim/sql_credentials.h"

#include <algorithm>
#include <cctype>

namespace keyturn::sim {
namespace {

constexpr int kFirstId = 65536;
constexpr std::string_view kScheme = "s3://";

// s3.REGION… and hosts that are a bare name or an address hold the bucket in the path; any other host starts
// with it.
bool is_path_style(std::string_view host) {
  host = host.substr(0, host.find(':'));
  const bool address =
      std::all_of(host.begin(), host.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
  return address || host.starts_with("s3.") || host.starts_with("s3-") ||
         host.find('.') == std::string_view::npos;
}

// The length of the shortest credential name that may serve `url`: "s3://host/bucket" or "s3://bucket.host".
std::size_t shortest_match(std::string_view url) {
  const std::size_t host_end = std::min(url.find('/', kScheme.size()), url.size());
  if (!is_path_style(url.substr(kScheme.size(), host_end - kScheme.size()))) return host_end;
  return host_end == url.size() ? host_end : std::min(url.find('/', host_end + 1), url.size());
}

}  // namespace

std::string CredentialRow::access_key_id() const {
  if (!secret) return {};
  const std::string_view text = secret->reveal();
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos ? std::string() : std::string(text.substr(0, colon));
}

TimePoint round_to_datetime(TimePoint time) {
  constexpr std::int64_t kTicksPerSecond = 300;
  const std::int64_t ms = time.time_since_epoch().count();
  const std::int64_t ticks = (ms * kTicksPerSecond + 500) / 1000;  // times before 1970 do not occur here
  return TimePoint{Duration{(ticks * 1000 + kTicksPerSecond / 2) / kTicksPerSecond}};
}

std::optional<SqlError> CredentialTable::create(std::string_view name, std::string_view identity,
                                                std::optional<SecretString> secret, TimePoint now) {
  if (find(name) != nullptr) return errors::credential_exists(name);
  const int id = rows_.empty() ? kFirstId : rows_.back().id + 1;
  const TimePoint date = round_to_datetime(now);
  rows_.push_back({id, std::string(name), std::string(identity), std::move(secret), date, date});
  return std::nullopt;
}

std::optional<SqlError> CredentialTable::alter(std::string_view name, std::string_view identity,
                                               std::optional<SecretString> secret, TimePoint now) {
  CredentialRow* row = find_mutable(name);
  if (row == nullptr) return errors::credential_missing("alter", name);
  row->identity = identity;
  row->secret = std::move(secret);
  row->modify_date = round_to_datetime(now);
  return std::nullopt;
}

std::optional<SqlError> CredentialTable::drop(std::string_view name) {
  const CredentialRow* row = find(name);
  if (row == nullptr) return errors::credential_missing("drop", name);
  rows_.erase(rows_.begin() + (row - rows_.data()));
  return std::nullopt;
}

const CredentialRow* CredentialTable::find(std::string_view name) const {
  const auto it = std::find_if(rows_.begin(), rows_.end(),
                               [&](const CredentialRow& row) { return same_name(row.name, name); });
  return it == rows_.end() ? nullptr : &*it;
}

CredentialRow* CredentialTable::find_mutable(std::string_view name) {
  const CredentialRow* row = find(name);
  return row == nullptr ? nullptr : &rows_[static_cast<std::size_t>(row - rows_.data())];
}

const CredentialRow* CredentialTable::find_for_url(std::string_view url) const {
  if (!url.starts_with(kScheme)) return nullptr;
  const std::size_t shortest = shortest_match(url);
  for (std::size_t length = url.size(); length >= shortest; length = url.rfind('/', length - 1)) {
    if (const CredentialRow* row = find(url.substr(0, length))) return row;
    if (length == shortest) break;
  }
  return nullptr;
}

}  // namespace keyturn::sim
