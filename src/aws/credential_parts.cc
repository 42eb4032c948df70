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

}  // namespace keyturn::aws
