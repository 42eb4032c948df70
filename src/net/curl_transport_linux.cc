// HttpTransport over libcurl.

#include <curl/curl.h>

#include <array>
#include <cstring>
#include <mutex>

#include "net/system_transport.h"
#include "net/transport_parts.h"

namespace keyturn::net {
namespace {

void start_libcurl() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kStarted;
}

struct HandleDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;

// libcurl's list of header lines. It holds signatures and session tokens, so it is wiped.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    for (curl_slist* node = list_; node != nullptr; node = node->next)
      wipe_memory(node->data, std::strlen(node->data));
    curl_slist_free_all(list_);
  }
  void add(std::string line) {
    list_ = curl_slist_append(list_, line.c_str());
    wipe_memory(line.data(), line.size());
  }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// What the callbacks of one exchange write to.
struct Exchange {
  HttpResponse response;
  bool sent = false;  // the connection stood and the request was about to be written
  bool repeatable = false;
  bool too_large = false;
  bool head_complete = false;  // libcurl takes a head that is cut off for a whole one
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  std::string& body = exchange.response.body;
  if (body.size() + size > kMaxBody) {
    exchange.too_large = true;
    return 0;
  }
  if (body.empty()) body.reserve(std::max(size, kFirstReserve));
  body.append(data, size);
  return size;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::string_view line(data, size);
  if (line == "\r\n" || line == "\n") exchange.head_complete = true;
  if (line.starts_with("HTTP/")) {
    exchange.head_complete = false;
    exchange.response.headers.clear();  // of several heads the last counts (100 Continue, proxies)
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    exchange.response.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  return size;
}

// Called when a connection stands, just before the request is written. A second call means that libcurl found
// a kept connection closed and would send again.
int on_ready(void* context, char*, char*, int, int) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (exchange.sent && !exchange.repeatable) return CURL_PREREQFUNC_ABORT;
  exchange.sent = true;
  return CURL_PREREQFUNC_OK;
}

bool is_certificate_trouble(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

Obstacle obstacle_of(CURLcode code) {
  if (is_certificate_trouble(code)) return Obstacle::certificate;
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) return Obstacle::name;
  return code == CURLE_OPERATION_TIMEDOUT ? Obstacle::time : Obstacle::connection;
}

Gap gap_of(CURLcode code, bool too_large) {
  if (too_large) return Gap::too_large;
  return code == CURLE_OPERATION_TIMEDOUT ? Gap::time : Gap::connection;
}

void set_method(CURL* handle, HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_headers(CURL* handle, const HttpRequest& request, HeaderList& list) {
  for (const auto& [name, value] : request.headers)
    list.add(value.empty() ? name + ";" : name + ": " + value);
  list.add("Expect:");
  if (find_header(request.headers, "Content-Type").empty()) list.add("Content-Type:");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list.get());
}

void set_limits(CURL* handle, const HttpRequest& request) {
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   long(std::max<Duration::rep>(request.connect_timeout.count(), 1)));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, long(std::max<Duration::rep>(request.timeout.count(), 1)));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // an S3 key may hold ".."
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
}

void set_callbacks(CURL* handle, Exchange& exchange, std::array<char, CURL_ERROR_SIZE>& detail) {
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, on_ready);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
}

// Each handle keeps connections of its own; a handle serves one exchange at a time.
class HandlePool {
 public:
  Handle take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Handle(curl_easy_init());
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void give_back(Handle handle) {
    curl_easy_reset(handle.get());
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(TransportOptions options) : options_(std::move(options)) { start_libcurl(); }
  Result<HttpResponse> send(HttpRequest request) override;

 private:
  const TransportOptions options_;
  HandlePool pool_;
};

Result<HttpResponse> CurlTransport::send(HttpRequest request) {
  Handle handle = pool_.take();
  if (!handle) return fail(ErrorKind::unavailable, "libcurl could not be started.");
  CURL* curl = handle.get();
  const std::string host = host_of(request.url);
  Exchange exchange;
  exchange.repeatable = request.repeatable;
  std::array<char, CURL_ERROR_SIZE> detail{};
  HeaderList headers;

  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!request.use_proxy || is_loopback(host)) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (!request.repeatable) curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  set_limits(curl, request);
  set_method(curl, request);
  set_headers(curl, request, headers);
  set_callbacks(curl, exchange, detail);

  CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK && !exchange.head_complete) code = CURLE_GOT_NOTHING;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  pool_.give_back(std::move(handle));
  if (request.wipe_body) wipe_memory(request.body.data(), request.body.size());

  if (code != CURLE_OK) {
    const std::string why = detail[0] == '\0' ? curl_easy_strerror(code) : std::string(trim(detail.data()));
    if (request.wipe_body) wipe_memory(exchange.response.body.data(), exchange.response.body.size());
    return fail(exchange.sent ? reply_missing(gap_of(code, exchange.too_large), host, why)
                              : never_reached(obstacle_of(code), host, why));
  }
  exchange.response.status = int(status);
  return std::move(exchange.response);
}

}  // namespace

std::unique_ptr<HttpTransport> system_transport(TransportOptions options) {
  return std::make_unique<CurlTransport>(std::move(options));
}

}  // namespace keyturn::net
