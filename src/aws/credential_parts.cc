#include "aws/credential_parts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace keyturn::aws {
namespace {

using Json = nlohmann::json;

SecretString take_secret(Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  auto& text = found->get_ref<std::string&>();
  SecretString secret(text);
  wipe_memory(text.data(), text.size());
  return secret;
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

Result<Credentials> parse_credentials_json(std::string& text, const std::string& source) {
  Json object = Json::parse(text, nullptr, false);
  wipe_memory(text.data(), text.size());
  if (!object.is_object())
    return fail(ErrorKind::credentials, fmt::format("{} did not give credentials in JSON.", source));
  const std::string code = text_of(object, "Code");
  if (!code.empty() && code != "Success")
    return fail(ErrorKind::credentials,
                fmt::format("{} gave no credentials: {} {}", source, code, text_of(object, "Message")));
  Credentials credentials;
  credentials.access_key_id = text_of(object, "AccessKeyId");
  credentials.secret_access_key = take_secret(object, "SecretAccessKey");
  credentials.session_token = take_secret(object, object.contains("Token") ? "Token" : "SessionToken");
  if (const std::string expiration = text_of(object, "Expiration"); !expiration.empty()) {
    const auto at = parse_iso8601(expiration);
    if (!at)
      return fail(ErrorKind::credentials, fmt::format("{} gave an expiration that is not a date.", source));
    credentials.expires_at = *at;
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    return fail(ErrorKind::credentials, fmt::format("{} gave half a pair: no key id or no secret.", source));
  return credentials;
}

Result<std::vector<std::string>> split_command(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < line.size() &&
                         (quote == '\0' || line[i + 1] == '"' || line[i + 1] == '\\');
    if (escapes) {
      word += line[++i];
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return fail(ErrorKind::usage, "A quote in credential_process is not closed.");
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return fail(ErrorKind::usage, "credential_process is empty.");
  return words;
}

}  // namespace keyturn::aws
