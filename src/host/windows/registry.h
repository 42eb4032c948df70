// The seam to the registry: whole keys below HKEY_LOCAL_MACHINE, as the 64-bit view has them, and values as
// what they are meant for, whatever type they are stored with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace keyturn::host {

using RegistryValue = std::variant<std::string, std::vector<std::string>, std::uint64_t>;

// REG_SZ, REG_EXPAND_SZ (not expanded), REG_MULTI_SZ, REG_DWORD and REG_QWORD from the bytes of the registry,
// which need not be what the type promises: texts without an end, of half a character, numbers of the wrong
// size. Nothing where they are no value of these types.
std::optional<RegistryValue> decode_value(std::uint32_t type, std::string_view bytes);

struct RegistryKey {
  std::vector<std::pair<std::string, RegistryValue>> values;
  std::vector<std::string> subkeys;

  // Names know no case. A text is a list of one and a list a text with commas; a number is its digits, and
  // digits are a number. Blanks around a text are dropped. Nothing where the value is missing or of no such
  // kind.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
};

// Thread-safe.
class Registry {
 public:
  virtual ~Registry() = default;
  // `path` is separated by backslashes. ErrorKind::not_found: there is no such key; denied, unavailable: it
  // can't be read.
  [[nodiscard]] virtual Result<RegistryKey> read(const std::string& path) const = 0;
};

// The key, or an empty one where it is missing or can't be read.
RegistryKey read_if_there(const Registry& registry, const std::string& path);

}  // namespace keyturn::host
