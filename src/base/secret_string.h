// A string that can't be printed and is wiped when it dies.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace keyturn {

// Holds secret bytes. There is no operator<<, no formatter and no implicit conversion: reveal() is the one
// way out, and its every use is a place where a secret crosses TLS or stdin. Bytes are overwritten before
// memory is given back. Not synchronised: share between threads as const.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  SecretString(const SecretString&) = default;
  SecretString(SecretString&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretString& operator=(const SecretString& other);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString() { wipe(); }

  [[nodiscard]] std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void append(std::string_view bytes);
  void append(const SecretString& other) { append(other.reveal()); }

  friend bool operator==(const SecretString& a, const SecretString& b) { return a.reveal() == b.reveal(); }

 private:
  void wipe() noexcept;

  std::vector<char> bytes_;
};

// Overwrites `size` bytes at `data` in a way that the compiler does not remove.
void wipe_memory(void* data, std::size_t size) noexcept;

}  // namespace keyturn
