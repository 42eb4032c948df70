// HTTP/1.1 as a server reads and writes it.
#pragma once

#include <optional>
#include <string>

#include "lab/byte_stream.h"
#include "net/http_transport.h"

namespace keyturn::lab {

struct IncomingRequest {
  std::string method;
  std::string target;  // "/path?query"
  net::Headers headers;
  std::string body;  // whole, without transfer coding
  bool keep_alive = true;
};

// Reads requests off one connection, one after the other; what came too early waits for the next.
class RequestReader {
 public:
  explicit RequestReader(ByteStream& stream) : stream_(stream) {}
  // Nothing: the connection ended, or what came is no HTTP/1.x request, or is longer than 64 MiB.
  std::optional<IncomingRequest> next();

 private:
  std::optional<std::string> read_line();
  bool read_exactly(std::string& into, std::size_t size);
  bool read_chunks(std::string& into);
  bool fill();

  ByteStream& stream_;
  std::string buffer_;
};

// Status line, headers and body. Content-Length is added unless a header states it; `head`: the body is left
// out.
std::string to_bytes(const net::HttpResponse& response, bool head, bool keep_alive);

}  // namespace keyturn::lab
