#include "lab/certificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <memory>

namespace keyturn::lab {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;

constexpr long kDay = 24L * 60 * 60;

std::string text_of(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}
std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}
SecretString pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return SecretString(text_of(bio.get()));
}

Bio memory(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

Certificate make_certificate(EVP_PKEY* key, const std::string& common_name, long from_s, long until_s) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return certificate;
}

bool extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

std::string alternative_names(const CertificateRequest& request) {
  std::vector<std::string> names = request.names;
  if (!request.only_these) names.insert(names.end(), {"localhost", "127.0.0.1"});
  std::string text;
  for (const std::string& name : names) {
    const bool address = std::all_of(name.begin(), name.end(),
                                     [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
    text += (text.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  return text;
}

Error openssl_error(const std::string& what) {
  ERR_clear_error();
  return {ErrorKind::unavailable, Effect::none, {}, "OpenSSL could not make " + what + ".", {}};
}

}  // namespace

Result<CertificateAuthority> CertificateAuthority::create(const std::string& common_name) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return fail(openssl_error("a key"));
  const Certificate certificate = make_certificate(key.get(), common_name, -kDay, 3650 * kDay);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  const bool good =
      extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      extend(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!good) return fail(openssl_error("the certificate authority"));
  CertificateAuthority authority;
  authority.certificate_pem_ = pem_of(certificate.get());
  authority.private_key_pem_ = pem_of(key.get());
  return authority;
}

Result<void> CertificateAuthority::write_certificate(const std::string& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << certificate_pem_;
  file.close();
  if (!file)
    return fail(ErrorKind::unavailable, "The certificate authority can't be written to " + path + ".");
  return {};
}

Result<ServerCertificate> CertificateAuthority::issue(const CertificateRequest& request) const {
  const Bio ca_bio = memory(certificate_pem_);
  const Certificate ca(PEM_read_bio_X509(ca_bio.get(), nullptr, nullptr, nullptr));
  const Bio ca_key_bio = memory(private_key_pem_.reveal());
  const Key ca_key(PEM_read_bio_PrivateKey(ca_key_bio.get(), nullptr, nullptr, nullptr));
  const Key key(EVP_EC_gen("P-256"));
  if (!ca || !ca_key || !key) return fail(openssl_error("a key"));
  const std::string name = request.names.empty() ? "localhost" : request.names.front();
  const Certificate certificate = request.expired ? make_certificate(key.get(), name, -30 * kDay, -kDay)
                                                  : make_certificate(key.get(), name, -kDay, 825 * kDay);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(ca.get()));
  const bool good = extend(certificate.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(certificate.get(), ca.get(), NID_key_usage, "critical,digitalSignature") &&
                    extend(certificate.get(), ca.get(), NID_ext_key_usage, "serverAuth") &&
                    extend(certificate.get(), ca.get(), NID_subject_key_identifier, "hash") &&
                    extend(certificate.get(), ca.get(), NID_authority_key_identifier, "keyid") &&
                    extend(certificate.get(), ca.get(), NID_subject_alt_name, alternative_names(request)) &&
                    X509_sign(certificate.get(), ca_key.get(), EVP_sha256()) > 0;
  if (!good) return fail(openssl_error("the certificate for " + name));
  return ServerCertificate{pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace keyturn::lab
