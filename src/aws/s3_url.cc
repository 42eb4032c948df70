#include "aws/s3_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <tuple>

namespace keyturn::aws {
namespace {

constexpr std::size_t kMaxLength = 128;
constexpr std::string_view kScheme = "s3://";
constexpr std::string_view kShape =
    "Write s3://BUCKET.s3.REGION.amazonaws.com/FOLDER or s3://HOST[:PORT]/BUCKET/FOLDER.";

tl::unexpected<Error> refuse(std::string_view url, std::string_view why,
                             std::string hint = std::string(kShape)) {
  return fail(ErrorKind::usage, fmt::format("The backup URL \"{}\" can't be used: {}.", url, why),
              std::move(hint));
}

// What must not be echoed to a terminal or log is shown as '?'.
std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kMaxLength + 10));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return shown;
}

Result<void> check_characters(std::string_view url) {
  for (const char c : url) {
    if (c < 0x20 || c > 0x7e)
      return refuse(printable(url), "it holds a control character or one outside ASCII",
                    "Use letters, digits and -._/ only.");
    if (std::string_view("[]'\"\\ ?#%*<>{}|^`;@").find(c) != std::string_view::npos)
      return refuse(url, fmt::format("it holds the character {}", c == ' ' ? "blank" : std::string(1, c)),
                    "Use letters, digits and -._/ only.");
  }
  if (url.size() > kMaxLength)
    return refuse(printable(url),
                  fmt::format("it has {} characters, and SQL Server allows {} in a credential's name",
                              url.size(), kMaxLength),
                  "Use the bucket and a short folder; backups below it still match.");
  return {};
}

bool valid_port(std::string_view port) {
  int number = 0;
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
  return ec == std::errc{} && end == port.data() + port.size() && number > 0 && number <= 65535;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

// S3's bucket naming rules, as far as they are the same for AWS and compatible stores.
bool valid_bucket(std::string_view bucket) {
  const auto is_edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return bucket.size() >= 3 && bucket.size() <= 63 && is_edge(bucket.front()) && is_edge(bucket.back()) &&
         all_of(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") && !all_of(bucket, "0123456789.") &&
         bucket.find("..") == std::string_view::npos;
}

struct AwsHost {
  std::string bucket;  // empty: path style
  std::string endpoint;
  std::optional<std::string> region;
};

// "eu-west-1", "us-gov-west-1": words and a number.
bool looks_like_region(std::string_view label) {
  const std::size_t dash = label.rfind('-');
  return dash != std::string_view::npos && label.find('-') != dash && dash + 1 < label.size() &&
         all_of(label.substr(dash + 1), "0123456789") &&
         all_of(label.substr(0, dash), "abcdefghijklmnopqrstuvwxyz-");
}

// Takes the last label off `host` and returns it.
std::string_view pop_label(std::string_view& host) {
  const std::size_t dot = host.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  host = dot == std::string_view::npos ? std::string_view{} : host.substr(0, dot);
  return label;
}

// [BUCKET.]s3[-fips][.dualstack][.REGION].SUFFIX, and the old s3-REGION.
std::optional<AwsHost> parse_aws_host(std::string_view host) {
  constexpr std::array<std::string_view, 5> kSuffixes{".amazonaws.com", ".amazonaws.com.cn", ".c2s.ic.gov",
                                                      ".sc2s.sgov.gov", ".amazonaws.eu"};
  const auto suffix = std::find_if(kSuffixes.begin(), kSuffixes.end(),
                                   [&](std::string_view candidate) { return host.ends_with(candidate); });
  if (suffix == kSuffixes.end()) return std::nullopt;
  AwsHost aws;
  std::string_view rest = host.substr(0, host.size() - suffix->size());
  std::string_view label = pop_label(rest);
  if (looks_like_region(label) && !label.starts_with("s3-")) {
    aws.region = label;
    label = pop_label(rest);
  }
  if (label == "dualstack") label = pop_label(rest);
  if (!aws.region && label.starts_with("s3-") && looks_like_region(label.substr(3))) {
    aws.region = label.substr(3);
  } else if (label != "s3" && label != "s3-fips") {
    return std::nullopt;
  }
  aws.bucket = rest;
  aws.endpoint = rest.empty() ? host : host.substr(rest.size() + 1);
  return aws;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = char(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Splits "a/b/c" into "a" and "b/c".
std::pair<std::string, std::string> split_first(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {std::string(path), {}};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

Result<void> check_bucket(const S3Url& url) {
  if (url.bucket.empty()) return refuse(url.text, "it names no bucket");
  if (!valid_bucket(url.bucket))
    return refuse(url.text,
                  fmt::format("\"{}\" is not a bucket name (3 to 63 of a-z, 0-9, '-' and '.')", url.bucket));
  if (url.style == S3Style::virtual_host && url.bucket.find('.') != std::string::npos)
    return refuse(url.text,
                  "the bucket's name has a dot, so no TLS certificate matches a host that begins with it",
                  fmt::format("Write it in path style: s3://{}/{}/FOLDER.", url.endpoint, url.bucket));
  if (url.key_prefix.find("//") != std::string::npos || url.key_prefix.starts_with("/"))
    return refuse(url.text, "it holds an empty folder name");
  return {};
}

// A compatible store: HOST/BUCKET/FOLDER is path style; a host name alone can only be of virtual-host style.
void split_compatible(S3Url& url, const std::string& host, const std::string& port, const std::string& path) {
  const std::string suffix = port.empty() ? std::string{} : ":" + port;
  if (!path.empty()) {
    std::tie(url.bucket, url.key_prefix) = split_first(path);
    url.endpoint = host + suffix;
    return;
  }
  const bool is_address = all_of(host, "0123456789.");
  const std::size_t dot = host.find('.');
  if (is_address || dot == std::string::npos) return;  // no bucket
  url.style = S3Style::virtual_host;
  url.bucket = host.substr(0, dot);
  url.endpoint = host.substr(dot + 1) + suffix;
}

void split_aws(S3Url& url, const AwsHost& aws, const std::string& port, const std::string& path) {
  url.is_aws = true;
  url.region = aws.region;
  url.endpoint = port.empty() ? aws.endpoint : aws.endpoint + ":" + port;
  if (aws.bucket.empty()) {
    std::tie(url.bucket, url.key_prefix) = split_first(path);
    return;
  }
  url.style = S3Style::virtual_host;
  url.bucket = aws.bucket;
  url.key_prefix = path;
}

}  // namespace

Result<S3Url> parse_s3_url(std::string_view text) {
  if (text.empty()) return fail(ErrorKind::usage, "The backup URL is empty.", std::string(kShape));
  const bool has_scheme = text.find("://") != std::string_view::npos || text.starts_with("s3:");
  if (has_scheme && !text.starts_with(kScheme))
    return refuse(printable(text), "SQL Server wants the scheme s3:// exactly");
  std::string whole(has_scheme ? std::string_view{} : kScheme);
  whole += text;
  while (whole.size() > kScheme.size() && whole.back() == '/') whole.pop_back();
  if (auto checked = check_characters(whole); !checked) return fail(checked.error());

  const auto [authority, path] = split_first(std::string_view(whole).substr(kScheme.size()));
  const std::size_t colon = authority.find(':');
  const std::string host = lower(std::string_view(authority).substr(0, colon));
  const std::string port = colon == std::string::npos ? std::string{} : authority.substr(colon + 1);
  if (host.empty()) return refuse(whole, "it names no host");
  if (colon != std::string::npos && !valid_port(port))
    return refuse(whole, "its port is not a number of 1 to 65535");

  S3Url url;
  url.text = whole;
  url.host = port.empty() ? host : host + ":" + port;
  if (const auto aws = parse_aws_host(host)) {
    split_aws(url, *aws, port, path);
  } else {
    split_compatible(url, host, port, path);
  }
  if (auto checked = check_bucket(url); !checked) return fail(checked.error());
  return url;
}

}  // namespace keyturn::aws
