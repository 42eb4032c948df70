// Little-endian bytes in and out; reading never passes the end.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace keyturn::lab {

// A message that is not what its format says. Thrown and caught inside the TDS server.
struct MalformedMessage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t left() const { return bytes_.size() - pos_; }
  [[nodiscard]] bool at_end() const { return left() == 0; }
  std::string_view take(std::size_t size) {
    if (size > left()) throw MalformedMessage("the message ends too early");
    const std::string_view part = bytes_.substr(pos_, size);
    pos_ += size;
    return part;
  }
  void skip(std::size_t size) { take(size); }
  std::uint64_t number(std::size_t size) {
    const std::string_view part = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value |= std::uint64_t{static_cast<std::uint8_t>(part[i])} << (8 * i);
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

 private:
  std::string_view bytes_;
  std::size_t pos_ = 0;
};

class ByteWriter {
 public:
  void number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>((value >> (8 * i)) & 0xFF);
  }
  void u8(std::uint64_t value) { number(value, 1); }
  void u16(std::uint64_t value) { number(value, 2); }
  void u32(std::uint64_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  void utf16(std::u16string_view text) {
    for (const char16_t unit : text) u16(unit);
  }
  void b_varchar(std::u16string_view text) {
    text = text.substr(0, 255);
    u8(text.size());
    utf16(text);
  }
  void us_varchar(std::u16string_view text) {
    u16(text.size());
    utf16(text);
  }

  [[nodiscard]] std::string& bytes() { return bytes_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// UTF-16LE bytes as text; an odd byte at the end is malformed.
std::u16string utf16_of(std::string_view bytes);

}  // namespace keyturn::lab
