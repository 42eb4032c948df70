// The text that the credential secret holds, as in SQL Server's own syntax: "<access key id>:<secret access
// key>".
#pragma once

#include <optional>

#include "rotation/observation.h"

namespace keyturn::aws {

// Nothing where the text holds no access key (the blog's placeholder "AAA:bbbbbb", say).
std::optional<rotation::KeyPair> parse_key_text(const SecretString& text);
// "<word>:<anything>", whether or not the word can be a key's id. What has another form was put there by
// mistake, and is not keyturn's to replace.
bool has_pair_form(const SecretString& text);
SecretString format_key_text(const rotation::KeyPair& pair);

// The intent of a run as a tag of the secret: "keyturn:intent:<run id>" = "<ISO date> <key id> <key id>".
inline constexpr std::string_view kIntentTagPrefix = "keyturn:intent:";
std::string intent_tag_key(const std::string& run_id);
std::string format_intent(const rotation::Intent& intent);
// Nothing where the tag is no intent, or a malformed one.
std::optional<rotation::Intent> parse_intent(std::string_view tag_key, std::string_view tag_value);

}  // namespace keyturn::aws
