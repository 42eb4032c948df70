#include "host/windows/registry.h"

#include <charconv>

#include "host/names.h"
#include "sqlserver/utf16.h"

namespace keyturn::host {
namespace {

// winnt.h's numbers.
constexpr std::uint32_t kText = 1;
constexpr std::uint32_t kTextToExpand = 2;
constexpr std::uint32_t kNumber = 4;
constexpr std::uint32_t kTexts = 7;
constexpr std::uint32_t kLongNumber = 11;

std::u16string characters_of(std::string_view bytes) {
  std::u16string text;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2)
    text += static_cast<char16_t>(static_cast<unsigned char>(bytes[at]) |
                                  static_cast<unsigned char>(bytes[at + 1]) << 8U);
  return text;
}

std::vector<std::string> texts_of(std::u16string_view text) {
  std::vector<std::string> texts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(u'\0'), text.size());
    if (end > 0) texts.push_back(sqlserver::to_utf8(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return texts;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

const RegistryValue* find(const RegistryKey& key, std::string_view name) {
  for (const auto& [known, value] : key.values)
    if (same_name(known, name)) return &value;
  return nullptr;
}

}  // namespace

std::optional<RegistryValue> decode_value(std::uint32_t type, std::string_view bytes) {
  if (type == kText || type == kTextToExpand) {
    const std::u16string text = characters_of(bytes);
    return sqlserver::to_utf8(text.substr(0, text.find(u'\0')));
  }
  if (type == kTexts) return texts_of(characters_of(bytes));
  if ((type == kNumber && bytes.size() == 4) || (type == kLongNumber && bytes.size() == 8)) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
    return number;
  }
  return std::nullopt;
}

std::optional<std::string> RegistryKey::text(std::string_view name) const {
  const RegistryValue* value = find(*this, name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return trimmed(*text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(value)) return trimmed(joined(*texts));
  return std::to_string(std::get<std::uint64_t>(*value));
}

std::vector<std::string> RegistryKey::texts(std::string_view name) const {
  const RegistryValue* value = find(*this, name);
  if (value == nullptr) return {};
  std::vector<std::string> all;
  if (const auto* texts = std::get_if<std::vector<std::string>>(value)) all = *texts;
  if (const auto* text = std::get_if<std::string>(value)) all = {*text};
  for (std::string& each : all) each = trimmed(each);
  std::erase(all, "");
  return all;
}

std::optional<std::uint64_t> RegistryKey::number(std::string_view name) const {
  const auto digits = text(name);
  if (!digits) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = digits->data() + digits->size();
  const auto parsed = std::from_chars(digits->data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

RegistryKey read_if_there(const Registry& registry, const std::string& path) {
  auto key = registry.read(path);
  return key ? *std::move(key) : RegistryKey{};
}

}  // namespace keyturn::host
