// The lab's own certificate authority and the certificates of its servers.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::lab {

struct ServerCertificate {
  std::string certificate_pem;
  SecretString private_key_pem;
};

struct CertificateRequest {
  // Host names and IPv4 addresses for the subject alternative names. "localhost" and "127.0.0.1" are always
  // added, unless `only_these` is set (a certificate for somebody else, to show that clients refuse it).
  std::vector<std::string> names;
  bool only_these = false;
  bool expired = false;  // ended yesterday
};

// Not synchronised.
class CertificateAuthority {
 public:
  // Makes a P-256 key and a self-signed certificate, valid from a day before the system's time for ten years.
  static Result<CertificateAuthority> create(const std::string& common_name);

  [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }
  Result<void> write_certificate(const std::string& path) const;
  [[nodiscard]] Result<ServerCertificate> issue(const CertificateRequest& request) const;

 private:
  std::string certificate_pem_;
  SecretString private_key_pem_;
};

}  // namespace keyturn::lab
