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
                                 std::string host_name, bool is_tls)
    : request(std::move(given)),
      authorities_(std::move(authorities)),
      host_name_(std::move(host_name)),
      is_tls_(is_tls) {}

WinHttpExchange::~WinHttpExchange() {
  if (request.wipe_body) wipe_memory(request.body.data(), request.body.size());
  wipe_memory(chunk.data(), chunk.size());
}

void WinHttpExchange::adopt(HINTERNET given) {
  handle = given;
  auto* self = new std::shared_ptr<WinHttpExchange>(shared_from_this());  // on_status deletes it
  context = reinterpret_cast<DWORD_PTR>(self);
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
  if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
    delete self;  // the last of a handle's notifications
    return;
  }
  const std::shared_ptr<WinHttpExchange> kept = *self;  // closing within it may bring that last one
  kept->take(status, information, size);
}

void WinHttpExchange::take(DWORD status, void* information, DWORD size) {
  if (status == WINHTTP_CALLBACK_STATUS_SENDING_REQUEST) return about_to_send();
  const std::lock_guard lock(mutex_);
  if (status == WINHTTP_CALLBACK_STATUS_SECURE_FAILURE && information != nullptr) {
    refusal_ = words_of_secure_failure(*static_cast<DWORD*>(information));
  } else if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR) {
    if (error_ == 0) error_ = static_cast<WINHTTP_ASYNC_RESULT*>(information)->dwError;
  } else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE) {
    bytes_ = size;
    done_ = true;
  } else if (status == WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE) {
    bytes_ = *static_cast<DWORD*>(information);
    done_ = true;
  } else if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE ||
             status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE) {
    sent_ = true;
    done_ = true;
  }
  changed_.notify_all();
}

// The connection stands, TLS has been negotiated, and no byte of the request has been written. A second time
// means that WinHTTP would send again. Closing the handle is how a callback stops it, so that it is closed
// before anybody hears of the refusal: who hears of it finds nothing left to close.
void WinHttpExchange::about_to_send() {
  Certificate certificate;
  if (is_tls_ && !find_certificate(certificate)) return;
  std::string refusal;
  if (authorities_)
    refusal =
        certificate ? authorities_->refusal_of(certificate.get(), host_name_) : "the system did not show it";
  {
    const std::lock_guard lock(mutex_);
    if (refusal.empty() && (!sent_ || request.repeatable) && !over_time_) {
      sent_ = true;
      changed_.notify_all();
      return;
    }
    refusal_ = refusal;
  }
  close();
  const std::lock_guard lock(mutex_);
  if (error_ == 0 || error_ == ERROR_WINHTTP_OPERATION_CANCELLED)
    error_ = refusal.empty() ? ERROR_WINHTTP_CONNECTION_ERROR : ERROR_WINHTTP_SECURE_FAILURE;
  changed_.notify_all();
}

// False where there is no TLS yet: what is sent now is the CONNECT to a proxy, not the request.
bool WinHttpExchange::find_certificate(Certificate& certificate) {
  PCCERT_CONTEXT found = nullptr;
  DWORD size = sizeof found;
  SetLastError(ERROR_SUCCESS);
  if (WinHttpQueryOption(handle, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &found, &size) != FALSE)
    certificate.reset(found);
  else
    return GetLastError() != ERROR_WINHTTP_INCORRECT_HANDLE_STATE;
  return true;
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
      // Closed before it is decided whether anything was sent: what goes on after this goes to nobody.
      lock.unlock();
      close();
      lock.lock();
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
DWORD WinHttpExchange::bytes() {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace keyturn::net
