#include "aws/access_key_text.h"

#include <algorithm>

#include "rotation/key_rules.h"

namespace keyturn::aws {

bool has_pair_form(const SecretString& text) {
  const std::string_view bytes = text.reveal();
  const std::size_t colon = bytes.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::all_of(bytes.begin(), bytes.begin() + std::ptrdiff_t(colon), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::optional<rotation::KeyPair> parse_key_text(const SecretString& text) {
  std::string_view bytes = text.reveal();
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r' || bytes.back() == ' '))
    bytes.remove_suffix(1);  // pasted by hand
  const std::size_t colon = bytes.find(':');
  if (colon == std::string_view::npos || colon + 1 == bytes.size() ||
      !rotation::is_access_key_id(bytes.substr(0, colon)))
    return std::nullopt;
  return rotation::KeyPair{std::string(bytes.substr(0, colon)), SecretString(bytes.substr(colon + 1))};
}

SecretString format_key_text(const rotation::KeyPair& pair) {
  SecretString text(pair.id + ":");
  text.append(pair.secret);
  return text;
}

std::string intent_tag_key(const std::string& run_id) { return std::string(kIntentTagPrefix) + run_id; }

std::string format_intent(const rotation::Intent& intent) {
  std::string text = format_iso8601(intent.at);
  for (const rotation::KeyId& key : intent.existing) text += " " + key;
  return text;
}

std::optional<rotation::Intent> parse_intent(std::string_view tag_key, std::string_view tag_value) {
  if (!tag_key.starts_with(kIntentTagPrefix) || tag_key.size() == kIntentTagPrefix.size())
    return std::nullopt;
  rotation::Intent intent;
  intent.run_id = tag_key.substr(kIntentTagPrefix.size());
  const std::size_t end = std::min(tag_value.find(' '), tag_value.size());
  const auto at = parse_iso8601(tag_value.substr(0, end));
  if (!at) return std::nullopt;
  intent.at = *at;
  tag_value.remove_prefix(end);
  while (!tag_value.empty()) {
    tag_value.remove_prefix(1);  // the blank
    const std::string_view id = tag_value.substr(0, tag_value.find(' '));
    if (!rotation::is_access_key_id(id)) return std::nullopt;
    intent.existing.emplace_back(id);
    tag_value.remove_prefix(id.size());
  }
  return intent;
}

}  // namespace keyturn::aws
