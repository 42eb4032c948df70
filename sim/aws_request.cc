#include "sim/aws_request.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace keyturn::sim {

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      result += char(byte);
      i += 2;
    } else {
      result += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::string percent_encode_key(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-_.~/").find(c) != std::string_view::npos) {
      result += c;
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      result += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    }
  }
  return result;
}

Params Params::parse(std::string_view encoded, bool plus_is_space) {
  Params params;
  for (std::size_t at = 0; at < encoded.size();) {
    const std::size_t end = std::min(encoded.find('&', at), encoded.size());
    const std::string_view pair = encoded.substr(at, end - at);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      params.pairs_.emplace_back(
          percent_decode(pair.substr(0, equals), plus_is_space),
          percent_decode(pair.substr(std::min(equals + 1, pair.size())), plus_is_space));
    at = end + 1;
  }
  return params;
}

std::optional<std::string> Params::get(std::string_view name) const {
  for (const auto& [key, value] : pairs_)
    if (key == name) return value;
  return std::nullopt;
}

std::string Params::get_or(std::string_view name, std::string fallback) const {
  return get(name).value_or(std::move(fallback));
}

std::vector<std::string> Params::list(const std::string& prefix) const {
  std::vector<std::string> values;
  while (auto value = get(prefix + std::to_string(values.size() + 1))) values.push_back(*std::move(value));
  return values;
}

AwsRequest parse_aws_request(const std::string& method, const std::string& target,
                             const net::Headers& headers, std::string body) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  AwsRequest request;
  request.method = method;
  request.target = target;
  request.path = target.substr(0, mark);
  // In S3's queries '+' means a plus only if encoded; SDKs never send it bare, and people mean a space.
  request.query = Params::parse(std::string_view(target).substr(std::min(mark + 1, target.size())), true);
  request.headers = headers;
  request.body = std::move(body);
  return request;
}

std::optional<std::string> decode_aws_chunks(std::string_view body) {
  std::string decoded;
  while (true) {
    const std::size_t line_end = body.find("\r\n");
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::string_view line = body.substr(0, line_end);  // "HEX" or "HEX;chunk-signature=…"
    std::size_t size = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (parsed.ec != std::errc{} || (parsed.ptr != line.data() + line.size() && *parsed.ptr != ';'))
      return std::nullopt;
    body.remove_prefix(line_end + 2);
    if (size == 0) return decoded;
    if (body.size() < size + 2 || body.substr(size, 2) != "\r\n") return std::nullopt;
    decoded += body.substr(0, size);
    body.remove_prefix(size + 2);
  }
}

}  // namespace keyturn::sim
