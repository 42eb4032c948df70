#include "base/secret_string.h"

#include <utility>

namespace keyturn {

void wipe_memory(void* data, std::size_t size) noexcept {
  auto* bytes = static_cast<volatile char*>(data);
  while (size-- > 0) *bytes++ = 0;
}

void SecretString::wipe() noexcept {
  if (!bytes_.empty()) wipe_memory(bytes_.data(), bytes_.size());
}

SecretString& SecretString::operator=(const SecretString& other) {
  SecretString copy(other);
  return *this = std::move(copy);
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

void SecretString::append(std::string_view bytes) {
  // A growing vector would leave the old block behind unwiped, so the block is replaced as a whole.
  std::vector<char> grown;
  grown.reserve(bytes_.size() + bytes.size());
  grown.insert(grown.end(), bytes_.begin(), bytes_.end());
  grown.insert(grown.end(), bytes.begin(), bytes.end());
  wipe();
  bytes_ = std::move(grown);
}

}  // namespace keyturn
