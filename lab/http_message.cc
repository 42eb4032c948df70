#include "lab/http_message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace keyturn::lab {
namespace {

constexpr std::size_t kMaxLineBytes = 64U << 10U;
constexpr std::size_t kMaxBodyBytes = 64U << 20U;
constexpr std::size_t kMaxHeaders = 200;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t last = text.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view{} : text.substr(first, last - first + 1);
}

std::optional<std::size_t> parse_size(std::string_view digits, int base) {
  std::size_t size = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size, base);
  if (digits.empty() || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size())
    return std::nullopt;
  return size;
}

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 416:
      return "Range Not Satisfiable";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

bool RequestReader::fill() {
  std::array<char, 16'384> chunk{};
  const std::size_t got = stream_.read(chunk.data(), chunk.size());
  buffer_.append(chunk.data(), got);
  return got > 0;
}

std::optional<std::string> RequestReader::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos)
    if (buffer_.size() > kMaxLineBytes || !fill()) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool RequestReader::read_exactly(std::string& into, std::size_t size) {
  if (into.size() + size > kMaxBodyBytes) return false;
  while (buffer_.size() < size)
    if (!fill()) return false;
  into.append(buffer_, 0, size);
  buffer_.erase(0, size);
  return true;
}

bool RequestReader::read_chunks(std::string& into) {
  while (true) {
    const auto line = read_line();
    if (!line) return false;
    const auto size = parse_size(trim(line->substr(0, line->find(';'))), 16);
    if (!size || !read_exactly(into, *size)) return false;
    if (*size == 0) break;
    if (const auto end = read_line(); !end || !end->empty()) return false;
  }
  for (auto trailer = read_line(); trailer; trailer = read_line())
    if (trailer->empty()) return true;
  return false;
}

std::optional<IncomingRequest> RequestReader::next() {
  const auto line = read_line();
  if (!line) return std::nullopt;
  const std::size_t first = line->find(' ');
  const std::size_t second = line->rfind(' ');
  if (first == std::string::npos || second <= first || line->compare(second + 1, 7, "HTTP/1.") != 0)
    return std::nullopt;
  IncomingRequest request;
  request.method = line->substr(0, first);
  request.target = line->substr(first + 1, second - first - 1);
  request.keep_alive = line->ends_with("HTTP/1.1");
  while (true) {
    const auto header = read_line();
    if (!header || request.headers.size() > kMaxHeaders) return std::nullopt;
    if (header->empty()) break;
    const std::size_t colon = header->find(':');
    if (colon == std::string::npos) return std::nullopt;
    request.headers.emplace_back(header->substr(0, colon), trim(std::string_view(*header).substr(colon + 1)));
  }
  const auto header = [&](std::string_view name) { return lower(net::find_header(request.headers, name)); };
  if (header("connection") == "close") request.keep_alive = false;
  if (header("expect") == "100-continue" && !stream_.write("HTTP/1.1 100 Continue\r\n\r\n"))
    return std::nullopt;
  if (header("transfer-encoding") == "chunked") {
    if (!read_chunks(request.body)) return std::nullopt;
  } else if (const std::string length = header("content-length"); !length.empty()) {
    const auto size = parse_size(length, 10);
    if (!size || !read_exactly(request.body, *size)) return std::nullopt;
  }
  return request;
}

std::string to_bytes(const net::HttpResponse& response, bool head, bool keep_alive) {
  std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + " " + reason_of(response.status) + "\r\n";
  for (const auto& [name, value] : response.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  if (response.status != 204 && response.header("Content-Length").empty())
    bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (!keep_alive) bytes += "Connection: close\r\n";
  bytes += "\r\n";
  if (!head) bytes += response.body;
  return bytes;
}

}  // namespace keyturn::lab
