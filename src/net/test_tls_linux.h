// For tests only: TLS for a TestServer, by OpenSSL. For Linux, where that is.
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "net/test_server.h"

namespace keyturn::net {

// A self-signed certificate for one host name; its file goes with it.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& host) : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_set_version(certificate_, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* san =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
    X509_add_ext(certificate_, san, -1);
    X509_EXTENSION_free(san);
    X509_sign(certificate_, key_, EVP_sha256());
    std::string pattern = (std::filesystem::temp_directory_path() / "keyturn-ca-XXXXXX").string();
    const int fd = mkstemp(pattern.data());
    FILE* file = fdopen(fd, "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
    pem_file_ = pattern;
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate() {
    std::filesystem::remove(pem_file_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  [[nodiscard]] const std::string& pem_file() const { return pem_file_; }
  [[nodiscard]] EVP_PKEY* key() const { return key_; }
  [[nodiscard]] X509* certificate() const { return certificate_; }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string pem_file_;
};

class TlsStream final : public TestStream {
 public:
  TlsStream(SSL_CTX* context, TestSocket socket) : tls_(SSL_new(context)) {
    SSL_set_fd(tls_, int(socket));
    accepted_ = SSL_accept(tls_) == 1;
  }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  ~TlsStream() override {
    if (accepted_) SSL_shutdown(tls_);
    SSL_free(tls_);
  }
  [[nodiscard]] bool is_open() const override { return accepted_; }
  long write(const char* bytes, std::size_t size) override { return SSL_write(tls_, bytes, int(size)); }
  long read(char* bytes, std::size_t size) override { return SSL_read(tls_, bytes, int(size)); }

 private:
  SSL* tls_;
  bool accepted_ = false;
};

// What makes a TestServer one of TLS.
inline TestServer::Wrap tls_with(const TestCertificate& certificate) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.certificate());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key());
  return [context](TestSocket socket) { return std::make_unique<TlsStream>(context.get(), socket); };
}

}  // namespace keyturn::net
