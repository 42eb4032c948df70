#include "aws/base64.h"

#include <openssl/evp.h>

#include <string>

namespace keyturn::aws {

SecretString decode_base64(const SecretString& text) {
  const std::string_view encoded = text.reveal();
  if (encoded.empty() || encoded.size() % 4 != 0) return {};
  std::string decoded(encoded.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(encoded.data()), int(encoded.size()));
  const std::size_t padding = encoded.ends_with("==") ? 2 : encoded.ends_with('=') ? 1 : 0;
  SecretString result;
  if (size >= 0) result = SecretString(std::string_view(decoded).substr(0, std::size_t(size) - padding));
  wipe_memory(decoded.data(), decoded.size());
  return result;
}

}  // namespace keyturn::aws
