// For tests only: requests and a reply for a TestServer to be asked and to give.
#pragma once

#include <string>

#include "net/http_transport.h"

namespace keyturn::net {

inline HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.repeatable = true;
  return request;
}

inline HttpRequest post(const std::string& url, const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = body;
  return request;
}

inline const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Test: a b \r\n\r\nhello";

}  // namespace keyturn::net
