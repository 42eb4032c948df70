// Certificates by authorities of one's own, instead of the system's.
#pragma once

#include <windows.h>
// After windows.h, which it needs.
#include <wincrypt.h>

#include <memory>
#include <string>

#include "base/error.h"

namespace keyturn::net {

// Thread-safe once made.
class Authorities {
 public:
  // The certificates of a PEM file; all else in it is passed over.
  static Result<std::unique_ptr<Authorities>> load(const std::string& pem_file);

  Authorities(const Authorities&) = delete;
  Authorities& operator=(const Authorities&) = delete;
  ~Authorities();

  // Empty where the certificate is valid now, for TLS servers, for `host` (a name or address without a port)
  // and leads to one of these authorities; else why not.
  [[nodiscard]] std::string refusal_of(PCCERT_CONTEXT certificate, const std::string& host) const;

 private:
  Authorities() = default;

  HCERTSTORE store_ = nullptr;
  HCERTCHAINENGINE engine_ = nullptr;
};

}  // namespace keyturn::net
