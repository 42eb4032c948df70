// One exchange over WinHTTP. Asynchronous, since only so a limit holds whatever the server does: what
// WinHTTP's own time-outs bound are single waits.
#pragma once

#include <windows.h>
// After windows.h, which it needs.
#include <winhttp.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "net/authorities_windows.h"
#include "net/http_transport.h"

namespace keyturn::net {

// What WinHTTP's threads and the one that waits share. It lives until WinHTTP has let go of the request's
// handle, which may be after the caller has had its error.
class WinHttpExchange : public std::enable_shared_from_this<WinHttpExchange> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `authorities` may be null: then WinHTTP's own look at the certificate is all there is.
  WinHttpExchange(HttpRequest given, std::shared_ptr<const Authorities> authorities, std::string host_name,
                  bool is_tls);
  WinHttpExchange(const WinHttpExchange&) = delete;
  WinHttpExchange& operator=(const WinHttpExchange&) = delete;
  ~WinHttpExchange();

  // Takes the handle over.
  void adopt(HINTERNET handle);
  void close();

  // Whether what was begun has succeeded before the limit. Until the request is being sent, `connect_limit`
  // counts too.
  bool wait(TimePoint connect_limit, TimePoint limit);
  // For what is begun next.
  void expect();

  [[nodiscard]] bool sent();            // a byte of the request may have left
  [[nodiscard]] bool is_over_time();    // wait() has ended since the time was over
  [[nodiscard]] DWORD error();          // WinHTTP's, or 0
  [[nodiscard]] std::string refusal();  // why the certificate was refused, or empty
  [[nodiscard]] DWORD bytes();          // that are there to be read, or that were read

  HttpRequest request;
  HINTERNET handle = nullptr;
  // For WinHttpSendRequest: nowhere is it said that a null there leaves the one that was set before.
  DWORD_PTR context = 0;
  std::string chunk;  // what WinHttpReadData writes to

 private:
  struct FreeCertificate {
    void operator()(PCCERT_CONTEXT certificate) const { CertFreeCertificateContext(certificate); }
  };
  using Certificate = std::unique_ptr<const CERT_CONTEXT, FreeCertificate>;

  static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void* information,
                                 DWORD size);
  void take(DWORD status, void* information, DWORD size);
  void about_to_send();
  bool find_certificate(Certificate& certificate);

  const std::shared_ptr<const Authorities> authorities_;
  const std::string host_name_;
  const bool is_tls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool sent_ = false;
  bool over_time_ = false;
  bool closed_ = false;
  DWORD error_ = 0;
  DWORD bytes_ = 0;
  std::string refusal_;
};

}  // namespace keyturn::net
