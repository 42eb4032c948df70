#include "net/winhttp_exchange_windows.h"

#include <utility>

namespace keyturn::net {
namespace {

std::string words_of_secure_failure(DWORD flags) {
  if ((flags & WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID) != 0)
    return "it has expired, or is not valid yet";
  if ((flags & WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID) != 0) return "it is for another host";
  if ((flags & WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA) != 0)
    return "it does not lead to an authority that this system trusts";
  if ((flags & WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED) != 0) return "it is revoked";
  return "the system refuses it (flags " + std::to_string(flags) + ")";
}

}  // namespace

WinHttpExchange::WinHttpExchange(HttpRequest given, std::shared_ptr<const Authorities> authorities,
                                 std::string host_name)
    : request(std::move(given)), authorities_(std::move(authorities)), host_name_(std::move(host_name)) {}

WinHttpExchange::~WinHttpExchange() {
  if (request.wipe_body) wipe_memory(request.body.data(), request.body.size());
  wipe_memory(chunk.data(), chunk.size());
}

void WinHttpExchange::adopt(HINTERNET given) {
  handle = given;
  auto* self = new std::shared_ptr<WinHttpExchange>(shared_from_this());  // on_status deletes it
  auto context = reinterpret_cast<DWORD_PTR>(self);
  WinHttpSetOption(handle, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof context);
  WinHttpSetStatusCallback(handle, &WinHttpExchange::on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
}

void WinHttpExchange::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  WinHttpCloseHandle(handle);
}

void CALLBACK WinHttpExchange::on_status(HINTERNET, DWORD_PTR context, DWORD status, void* information,
                                         DWORD size) {
  auto* self = reinterpret_cast<std::shared_ptr<WinHttpExchange>*>(context);
  if (self == nullptr) return;
  if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING)
    delete self;  // the last of a handle's notifications
  else
    (*self)->take(status, information, size);
}

void WinHttpExchange::take(DWORD status, void* information, DWORD size) {
  if (status == WINHTTP_CALLBACK_STATUS_SENDING_REQUEST) return about_to_send();
  const std::lock_guard lock(mutex_);
  if (status == WINHTTP_CALLBACK_STATUS_SECURE_FAILURE && information != nullptr) {
    refusal_ = words_of_secure_failure(*static_cast<DWORD*>(information));
  } else if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR) {
    if (error_ == 0) error_ = static_cast<WINHTTP_ASYNC_RESULT*>(information)->dwError;
  } else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE) {
    bytes_read_ = size;
    done_ = true;
  } else if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE ||
             status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE) {
    done_ = true;
  }
  changed_.notify_all();
}

// The connection stands, TLS has been negotiated, and no byte of the request has been written. A second time
// means that WinHTTP would send again. Closing the handle is how a callback stops it.
void WinHttpExchange::about_to_send() {
  const std::string refusal = look_at_certificate();
  {
    const std::lock_guard lock(mutex_);
    if (refusal.empty() && (!sent_ || request.repeatable) && !over_time_) {
      sent_ = true;
      changed_.notify_all();
      return;
    }
    refusal_ = refusal;
    error_ = refusal.empty() ? ERROR_WINHTTP_CONNECTION_ERROR : ERROR_WINHTTP_SECURE_FAILURE;
    changed_.notify_all();
  }
  close();
}

std::string WinHttpExchange::look_at_certificate() {
  if (!authorities_) return {};
  PCCERT_CONTEXT certificate = nullptr;
  DWORD size = sizeof certificate;
  if (WinHttpQueryOption(handle, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &certificate, &size) == FALSE ||
      certificate == nullptr)
    return "the system did not show it";
  std::string refusal = authorities_->refusal_of(certificate, host_name_);
  CertFreeCertificateContext(certificate);
  return refusal;
}

void WinHttpExchange::expect() {
  const std::lock_guard lock(mutex_);
  done_ = false;
}

bool WinHttpExchange::wait(TimePoint connect_limit, TimePoint limit) {
  std::unique_lock lock(mutex_);
  while (!done_ && error_ == 0) {
    const TimePoint until = sent_ ? limit : std::min(connect_limit, limit);
    const bool was_sent = sent_;
    if (changed_.wait_until(lock, until) == std::cv_status::timeout && !done_ && error_ == 0 &&
        sent_ == was_sent) {
      over_time_ = true;
      return false;
    }
  }
  return error_ == 0;
}

bool WinHttpExchange::sent() {
  const std::lock_guard lock(mutex_);
  return sent_;
}
bool WinHttpExchange::is_over_time() {
  const std::lock_guard lock(mutex_);
  return over_time_;
}
DWORD WinHttpExchange::error() {
  const std::lock_guard lock(mutex_);
  return error_;
}
std::string WinHttpExchange::refusal() {
  const std::lock_guard lock(mutex_);
  return refusal_;
}
DWORD WinHttpExchange::bytes_read() {
  const std::lock_guard lock(mutex_);
  return bytes_read_;
}

}  // namespace keyturn::net
