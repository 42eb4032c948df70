// HttpTransport over WinHTTP. Each exchange has a session and with it a connection of its own: WinHTTP would
// send a request again over a new connection when a kept one turns out to be closed.
#include <algorithm>
#include <charconv>
#include <limits>

#include "base/wide_windows.h"
#include "net/system_transport.h"
#include "net/transport_parts.h"
#include "net/windows/proxy_choice.h"
#include "net/winhttp_exchange_windows.h"

namespace keyturn::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct CloseHandleOf {
  void operator()(HINTERNET handle) const { WinHttpCloseHandle(handle); }
};
using Handle = std::unique_ptr<void, CloseHandleOf>;

std::string why(DWORD code) { return windows_message(code); }

// The parts of a URL. The path is as it stands, the query with it.
struct Place {
  bool is_tls = false;
  std::string host;  // without a port
  INTERNET_PORT port = 0;
  std::string target;
};

Result<Place> place_of(const std::string& url) {
  Place place;
  place.is_tls = url.starts_with("https://");
  place.port = place.is_tls ? 443 : 80;
  place.host = host_of(url);
  const std::size_t colon = place.host.rfind(':');
  bool good = place.is_tls || url.starts_with("http://");
  if (colon != std::string::npos && place.host.find(']', colon) == std::string::npos) {
    const std::string port = place.host.substr(colon + 1);
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    good = good && ec == std::errc{} && end == port.data() + port.size();
    place.host.resize(colon);
  }
  if (!good || place.host.empty())
    return fail(ErrorKind::usage, "\"" + url + "\" is not a URL of http or https.");
  const std::size_t from = url.find_first_of("/?", url.find("://") + 3);
  if (from != std::string::npos) place.target = url.substr(from);
  if (!place.target.starts_with('/')) place.target.insert(0, "/");
  return place;
}

Result<Handle> open_session(const HttpRequest& request, const TransportOptions& options) {
  ProxyChoice proxy{ProxyChoice::Kind::none, {}};
  if (request.use_proxy && !is_loopback(host_of(request.url))) {
    auto chosen = choose_proxy(request.url, environment_variable);
    if (!chosen) return fail(chosen.error());
    proxy = *chosen;
  }
  DWORD access = WINHTTP_ACCESS_TYPE_NO_PROXY;
  if (proxy.kind == ProxyChoice::Kind::named) access = WINHTTP_ACCESS_TYPE_NAMED_PROXY;
  if (proxy.kind == ProxyChoice::Kind::of_system) access = WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY;
  const std::wstring address = wide(proxy.address);
  Handle session(WinHttpOpen(wide(options.user_agent).c_str(), access,
                             address.empty() ? WINHTTP_NO_PROXY_NAME : address.c_str(),
                             WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC));
  if (!session)
    return fail(ErrorKind::unavailable, "WinHTTP could not be started: " + why(GetLastError()) + ".");
  DWORD protocols = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3;
  if (WinHttpSetOption(session.get(), WINHTTP_OPTION_SECURE_PROTOCOLS, &protocols, sizeof protocols) ==
      FALSE) {
    protocols = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2;  // a Windows that has no TLS 1.3 refuses its flag
    if (WinHttpSetOption(session.get(), WINHTTP_OPTION_SECURE_PROTOCOLS, &protocols, sizeof protocols) ==
        FALSE)
      return fail(ErrorKind::unavailable, "TLS 1.2 is not to be had: " + why(GetLastError()) + ".");
  }
  return session;
}

int milliseconds_of(Duration duration) {
  return static_cast<int>(std::clamp<Duration::rep>(duration.count(), 1, std::numeric_limits<int>::max()));
}

bool add_headers(HINTERNET handle, const HttpRequest& request) {
  bool good = true;
  for (const auto& [name, value] : request.headers) {
    std::wstring line = wide(name + ": " + value + "\r\n");
    good = good && WinHttpAddRequestHeaders(handle, line.c_str(), static_cast<DWORD>(-1),
                                            WINHTTP_ADDREQ_FLAG_ADD) != FALSE;
    wipe_memory(line.data(), line.size() * sizeof(wchar_t));
  }
  return good;
}

bool set_options(HINTERNET handle, const HttpRequest& request, bool own_authorities) {
  // Those of whole exchanges are WinHttpExchange's: these let WinHTTP give up in the end, too.
  const int connect = milliseconds_of(request.connect_timeout);
  const int all = milliseconds_of(request.timeout);
  DWORD off = WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_AUTHENTICATION |
              WINHTTP_DISABLE_KEEP_ALIVE;
  if (WinHttpSetTimeouts(handle, connect, connect, all, all) == FALSE ||
      WinHttpSetOption(handle, WINHTTP_OPTION_DISABLE_FEATURE, &off, sizeof off) == FALSE)
    return false;
  // Whose the authority is, we look ourselves before anything is sent.
  DWORD pass = SECURITY_FLAG_IGNORE_UNKNOWN_CA;
  return !own_authorities ||
         WinHttpSetOption(handle, WINHTTP_OPTION_SECURITY_FLAGS, &pass, sizeof pass) != FALSE;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool read_head(HINTERNET handle, HttpResponse& response) {
  DWORD status = 0;
  DWORD size = sizeof status;
  if (WinHttpQueryHeaders(handle, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, nullptr, &status,
                          &size, nullptr) == FALSE)
    return false;
  response.status = static_cast<int>(status);
  size = 0;
  WinHttpQueryHeaders(handle, WINHTTP_QUERY_RAW_HEADERS_CRLF, nullptr, nullptr, &size, nullptr);
  std::wstring raw(size / sizeof(wchar_t), L'\0');
  if (WinHttpQueryHeaders(handle, WINHTTP_QUERY_RAW_HEADERS_CRLF, nullptr, raw.data(), &size, nullptr) ==
      FALSE)
    return false;
  raw.resize(size / sizeof(wchar_t));
  const std::string text = narrow(raw);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(':');
    if (!line.starts_with("HTTP/") && colon != std::string_view::npos)
      response.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return true;
}

// Not every WinHTTP says so itself (Wine's): a body shorter than announced, or a head that ended early, after
// which there is neither a length nor a body.
bool cut_off(const HttpResponse& response) {
  const std::string_view length = response.header("Content-Length");
  std::size_t announced = 0;
  std::from_chars(length.data(), length.data() + length.size(), announced);
  const bool has_none = response.status == 204 || response.status == 304;
  if (has_none || !length.empty()) return !has_none && response.body.size() < announced;
  return response.body.empty() && response.header("Transfer-Encoding").empty();
}

// One exchange, from its request's handle to its reply or error.
class Conversation {
 public:
  Conversation(WinHttpExchange& exchange, std::string host)
      : exchange_(exchange), host_(std::move(host)), began_(SteadyClock::now()) {}

  Result<HttpResponse> hold() {
    if (!begin()) return fail(failure());
    HttpResponse response;
    if (!read_head(exchange_.handle, response)) return fail(failure(GetLastError()));
    if (exchange_.request.method != "HEAD")
      if (const auto failed = read_body(response)) {
        if (exchange_.request.wipe_body) wipe_memory(response.body.data(), response.body.size());
        return fail(*failed);
      }
    return response;
  }

 private:
  bool wait() {
    return exchange_.wait(began_ + exchange_.request.connect_timeout, began_ + exchange_.request.timeout);
  }
  bool begin() {
    std::string& body = exchange_.request.body;
    const auto size = static_cast<DWORD>(body.size());
    exchange_.expect();
    if (WinHttpSendRequest(exchange_.handle, WINHTTP_NO_ADDITIONAL_HEADERS, 0, body.data(), size, size,
                           exchange_.context) == FALSE) {
      at_once_ = GetLastError();
      return false;
    }
    if (!wait()) return false;
    exchange_.expect();
    if (WinHttpReceiveResponse(exchange_.handle, nullptr) == FALSE) {
      at_once_ = GetLastError();
      return false;
    }
    return wait();
  }
  std::optional<Error> read_body(HttpResponse& response) {
    exchange_.chunk.resize(kFirstReserve);
    response.body.reserve(kFirstReserve);
    while (true) {
      // What is not there yet is not asked for: Wine waits for it within the call, past our limit.
      exchange_.expect();
      if (WinHttpQueryDataAvailable(exchange_.handle, nullptr) == FALSE) return failure(GetLastError());
      if (!wait()) return failure();
      const auto there = std::min(exchange_.bytes(), static_cast<DWORD>(exchange_.chunk.size()));
      if (there == 0) break;
      exchange_.expect();
      if (WinHttpReadData(exchange_.handle, exchange_.chunk.data(), there, nullptr) == FALSE)
        return failure(GetLastError());
      if (!wait()) return failure();
      const DWORD size = exchange_.bytes();
      if (response.body.size() + size > kMaxBody) return reply_missing(Gap::too_large, host_, {});
      response.body.append(exchange_.chunk, 0, size);
    }
    return cut_off(response) ? std::optional(reply_missing(Gap::connection, host_, "it was cut off"))
                             : std::nullopt;
  }

  Error failure(DWORD code = 0) {
    if (code == 0) code = at_once_ != 0 ? at_once_ : exchange_.error();
    const bool late = exchange_.is_over_time() || code == ERROR_WINHTTP_TIMEOUT || code == WSAETIMEDOUT;
    const std::string words = exchange_.is_over_time() ? "the time for it was over" : why(code);
    if (exchange_.sent()) return reply_missing(late ? Gap::time : Gap::connection, host_, words);
    if (const std::string refusal = exchange_.refusal(); !refusal.empty())
      return never_reached(Obstacle::certificate, host_, refusal);
    if (code == ERROR_WINHTTP_SECURE_FAILURE || code == ERROR_WINHTTP_SECURE_INVALID_CA ||
        code == ERROR_WINHTTP_SECURE_CERT_CN_INVALID || code == ERROR_WINHTTP_SECURE_CERT_DATE_INVALID ||
        code == ERROR_WINHTTP_SECURE_CERT_REV_FAILED ||
        code == ERROR_WINHTTP_SECURE_CHANNEL_ERROR)  // all that Wine says of any of these
      return never_reached(Obstacle::certificate, host_, words);
    if (code == ERROR_WINHTTP_NAME_NOT_RESOLVED) return never_reached(Obstacle::name, host_, words);
    return never_reached(late ? Obstacle::time : Obstacle::connection, host_, words);
  }

  WinHttpExchange& exchange_;
  const std::string host_;
  const SteadyClock::time_point began_;
  DWORD at_once_ = 0;
};

class WinHttpTransport final : public HttpTransport {
 public:
  explicit WinHttpTransport(TransportOptions options) : options_(std::move(options)) {
    if (options_.ca_file.empty()) return;
    auto loaded = Authorities::load(options_.ca_file);
    if (loaded)
      authorities_ = std::move(*loaded);
    else
      no_authorities_ = loaded.error();
  }
  Result<HttpResponse> send(HttpRequest request) override;

 private:
  const TransportOptions options_;
  std::shared_ptr<const Authorities> authorities_;
  std::optional<Error> no_authorities_;
};

Result<HttpResponse> WinHttpTransport::send(HttpRequest request) {
  const auto place = place_of(request.url);
  if (!place) return fail(place.error());
  if (place->is_tls && no_authorities_) return fail(*no_authorities_);
  const std::string host = host_of(request.url);
  const auto session = open_session(request, options_);
  if (!session) return fail(session.error());
  const bool own_authorities = place->is_tls && authorities_ != nullptr;
  const Handle connection(WinHttpConnect(session->get(), wide(place->host).c_str(), place->port, 0));
  HINTERNET handle =
      connection
          ? WinHttpOpenRequest(connection.get(), wide(request.method).c_str(), wide(place->target).c_str(),
                               nullptr, WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES,
                               WINHTTP_FLAG_ESCAPE_DISABLE | WINHTTP_FLAG_ESCAPE_DISABLE_QUERY |
                                   (place->is_tls ? static_cast<DWORD>(WINHTTP_FLAG_SECURE) : 0U))
          : nullptr;
  if (handle == nullptr) return fail(never_reached(Obstacle::connection, host, why(GetLastError())));
  const auto exchange = std::make_shared<WinHttpExchange>(
      std::move(request), own_authorities ? authorities_ : nullptr, place->host, place->is_tls);
  if (!set_options(handle, exchange->request, own_authorities) || !add_headers(handle, exchange->request)) {
    const Error error = never_reached(Obstacle::connection, host, why(GetLastError()));
    WinHttpCloseHandle(handle);
    return fail(error);
  }
  exchange->adopt(handle);
  auto response = Conversation(*exchange, host).hold();
  exchange->close();
  return response;
}

}  // namespace

std::unique_ptr<HttpTransport> system_transport(TransportOptions options) {
  return std::make_unique<WinHttpTransport>(std::move(options));
}

}  // namespace keyturn::net
