#include "net/authorities_windows.h"

#include <cstddef>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/path.h"
#include "base/wide_windows.h"

namespace keyturn::net {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

// Adds the certificates of a PEM text; how many.
int add_all(std::string_view pem, HCERTSTORE store) {
  int count = 0;
  while (true) {
    const std::size_t begin = pem.find(kBegin);
    const std::size_t end = pem.find(kEnd, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return count;
    const std::string_view block = pem.substr(begin, end + kEnd.size() - begin);
    pem.remove_prefix(end + kEnd.size());
    std::vector<BYTE> bytes(block.size());
    auto size = static_cast<DWORD>(bytes.size());
    if (CryptStringToBinaryA(block.data(), static_cast<DWORD>(block.size()), CRYPT_STRING_BASE64HEADER,
                             bytes.data(), &size, nullptr, nullptr) != FALSE &&
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes.data(), size, CERT_STORE_ADD_ALWAYS,
                                         nullptr) != FALSE)
      ++count;
  }
}

struct FreeChain {
  void operator()(const CERT_CHAIN_CONTEXT* chain) const { CertFreeCertificateChain(chain); }
};
using Chain = std::unique_ptr<const CERT_CHAIN_CONTEXT, FreeChain>;

std::string words_of(DWORD trust) {
  if ((trust & CERT_TRUST_IS_NOT_TIME_VALID) != 0) return "it has expired, or is not valid yet";
  if ((trust & (CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN)) != 0)
    return "it does not lead to an authority of the PEM bundle";
  return "its chain is not good (trust status " + std::to_string(trust) + ")";
}

}  // namespace

Result<std::unique_ptr<Authorities>> Authorities::load(const std::string& pem_file) {
  std::unique_ptr<Authorities> made(new Authorities);
  std::ifstream in(path_of(pem_file), std::ios::binary);
  std::ostringstream text;
  const bool is_read = in && (text << in.rdbuf());
  made->store_ = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, nullptr);
  if (!is_read || made->store_ == nullptr || add_all(text.str(), made->store_) == 0)
    return fail(ErrorKind::usage, "The PEM bundle " + pem_file + " can't be read or holds no certificate.");
  CERT_CHAIN_ENGINE_CONFIG config{};
  config.cbSize = offsetof(CERT_CHAIN_ENGINE_CONFIG, dwExclusiveFlags);
  config.hExclusiveRoot = made->store_;
  if (CertCreateCertificateChainEngine(&config, &made->engine_) == FALSE)
    return fail(ErrorKind::unavailable,
                "Certificates can't be verified here: " + windows_message(GetLastError()) + ".");
  return made;
}

Authorities::~Authorities() {
  if (engine_ != nullptr) CertFreeCertificateChainEngine(engine_);
  if (store_ != nullptr) CertCloseStore(store_, 0);
}

std::string Authorities::refusal_of(PCCERT_CONTEXT certificate, const std::string& host) const {
  char server_auth[] = szOID_PKIX_KP_SERVER_AUTH;
  char* usages[] = {server_auth};
  CERT_CHAIN_PARA wanted{};
  wanted.cbSize = sizeof wanted;
  wanted.RequestedUsage.dwType = USAGE_MATCH_TYPE_OR;
  wanted.RequestedUsage.Usage = {1, usages};
  const CERT_CHAIN_CONTEXT* found = nullptr;
  if (CertGetCertificateChain(engine_, certificate, nullptr, certificate->hCertStore, &wanted, 0, nullptr,
                              &found) == FALSE)
    return windows_message(GetLastError());
  const Chain chain(found);
  if (chain->TrustStatus.dwErrorStatus != CERT_TRUST_NO_ERROR)
    return words_of(chain->TrustStatus.dwErrorStatus);
  std::wstring name = wide(host);
  SSL_EXTRA_CERT_CHAIN_POLICY_PARA tls{};
  tls.cbSize = sizeof tls;
  tls.dwAuthType = AUTHTYPE_SERVER;
  tls.pwszServerName = name.data();
  CERT_CHAIN_POLICY_PARA policy{};
  policy.cbSize = sizeof policy;
  policy.pvExtraPolicyPara = &tls;
  CERT_CHAIN_POLICY_STATUS status{};
  status.cbSize = sizeof status;
  if (CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain.get(), &policy, &status) == FALSE)
    return windows_message(GetLastError());
  if (status.dwError == static_cast<DWORD>(CERT_E_CN_NO_MATCH)) return "it is for another host";
  return status.dwError == 0 ? std::string() : windows_message(status.dwError);
}

}  // namespace keyturn::net
