// T-SQL text: names and values quoted, and what may never reach a batch kept out of it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret_string.h"
#include "rotation/observation.h"

namespace keyturn::sqlserver {

// The longest name of a SQL Server object (sysname), in UTF-16 code units.
inline constexpr std::size_t kMaxNameUtf16Units = 128;
// All that CREATE and ALTER CREDENTIAL take as the identity of an S3 credential.
inline constexpr std::string_view kS3Identity = "S3 Access Key";
inline constexpr std::string_view kMarkerPrefix = "keyturn:";

std::string quote_identifier(std::string_view name);  // [a]]b]
std::string quote_literal(std::string_view text);     // N'it''s'

// Length of UTF-8 text as SQL Server counts it.
std::size_t utf16_units(std::string_view utf8);

// The name of the marker that stands beside a credential: "keyturn:" and the name, or, where that is too
// long, "keyturn:#" and the name's SHA-256 in hex.
std::string marker_name(std::string_view credential_name);

// ErrorKind::unsupported unless the pair has only characters that IAM issues. T-SQL separates id and secret
// by ':', and nothing that could end a literal may come near one.
Result<void> check_key(const rotation::KeyPair& key);

// Case-insensitive in ASCII, as SQL Server's usual collations compare names.
bool same_name(std::string_view a, std::string_view b);
bool has_prefix(std::string_view name, std::string_view prefix);
// A '*' at the end of `pattern` stands for any rest; elsewhere it is an ordinary character.
bool matches_pattern(std::string_view name, std::string_view pattern);

}  // namespace keyturn::sqlserver
