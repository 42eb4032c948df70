#include "aws/secrets_manager_passwords.h"

#include <fmt/format.h>

#include "aws/secret_stages.h"

namespace keyturn::aws {

using login::Password;

// Listed first: a version that comes in between is then in the description, as young as the secret's last
// change.
Result<rotation::SecretState> SecretsManagerPasswords::observe() {
  const auto listed = secrets_.list_versions(secret_);
  if (!listed) return fail(listed.error());
  const auto description = secrets_.describe(secret_);
  if (!description) return fail(description.error());
  rotation::SecretState state = labelled_state(*description);
  add_listed(state, *listed);
  return state;
}

Result<void> SecretsManagerPasswords::put_pending(const login::VersionId& token, const SecretString& password,
                                                  TimePoint not_after) {
  return conflict_on("ResourceExistsException",
                     secrets_.put_value(secret_, token, password, {kPending}, not_after));
}

Result<void> SecretsManagerPasswords::promote(const login::VersionId& from, const login::VersionId& to,
                                              TimePoint not_after) {
  return conflict_on("InvalidParameterException",
                     secrets_.move_stage(secret_, kCurrent, from, to, not_after));
}

Result<void> SecretsManagerPasswords::drop_pending(const login::VersionId& version, TimePoint not_after) {
  return conflict_on("InvalidParameterException",
                     secrets_.move_stage(secret_, kPending, version, "", not_after));
}

Result<std::optional<Password>> SecretsManagerPasswords::at(login::Stage stage) {
  auto value = secrets_.get_value(secret_, "", label_of(stage));
  if (!value && value.error().kind == ErrorKind::not_found && stage != login::Stage::current)
    return std::optional<Password>{};
  if (!value) return fail(value.error());
  auto text = without_line_end(value->text);
  if (text.empty())
    return fail(ErrorKind::usage, fmt::format("The secret {} is empty.", secret_),
                "Store the login's password as plain text.");
  return std::optional<Password>({value->version_id, std::move(text)});
}

}  // namespace keyturn::aws
