#include "sqlserver/proof_backup.h"

#include <algorithm>
#include <array>

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

// SQL Server's error numbers of a BACKUP.
constexpr const char* kNoPermission = "262";
constexpr const char* kCannotOpen = "3201";
constexpr const char* kWriteFailed = "3202";
constexpr const char* kTerminated = "3013";  // follows the cause, and is all that some drivers pass on
constexpr const char* kBusy = "3023";        // another backup of master is running
constexpr const char* kDeviceFailed = "3271";

// The two parts of the object's name, the folder and the longest credential's name stay below 259 characters.
constexpr std::size_t kLongestPart = 50;

std::string name_part(std::string_view text) {
  std::string part(text.substr(0, kLongestPart));
  for (char& c : part) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
    if (!is_plain) c = '_';
  }
  return part;
}

// "Operating system error 5(Access is denied.)": the digits stand before a '(' in every language.
std::string system_error(const std::string& message) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = message.rfind('('); at != std::string::npos && at > 0;
       at = message.rfind('(', at - 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_digit(message[begin - 1])) --begin;
    if (begin < at) return message.substr(begin, at - begin);
  }
  return "";
}

std::string hint_of(const Error& error, const std::string& login) {
  if (error.code == kNoPermission) {
    const std::string user = quote_identifier(login);
    return "As an administrator of it, in master: CREATE USER " + user + " FOR LOGIN " + user +
           "; ALTER ROLE db_backupoperator ADD MEMBER " + user +
           "; (keyturn render sql-login "
           "--proof-backup prints it).";
  }
  const std::string number = system_error(error.message);
  if (number == "5")
    return "S3 refused the engine: the backup user's policy must allow s3:PutObject and s3:ListBucket there, "
           "and the server's clock must be right.";
  if (number == "50")
    return "SQL Server finds no bucket there, or no credential for the URL: are both spelt as its backups "
           "spell them?";
  if (number.size() == 5 && number.starts_with("12"))
    return "The server itself does not reach S3 (WinHTTP's error): look at its name resolution, its way "
           "through the firewall or proxy, and the CAs that it trusts.";
  return "SQL Server's error log says more (18204, 18210, 3041).";
}

// The server answered, and it was not about the connection or a lack of time or room for it just now.
bool is_refusal(const Error& error) {
  const bool is_servers = !error.code.empty() && std::all_of(error.code.begin(), error.code.end(),
                                                             [](char c) { return c >= '0' && c <= '9'; });
  if (!is_servers || error.effect == Effect::unknown || error.code == kBusy) return false;
  return error.kind == ErrorKind::denied || error.kind == ErrorKind::invalid_reply;
}

}  // namespace

std::string proof_url(const std::string& credential, const std::string& server,
                      const rotation::TargetName& target) {
  std::string url = credential;
  while (url.ends_with('/')) url.pop_back();
  return url + "/" + std::string(kProofFolder) + "/" + name_part(server) + "-" + name_part(target) + ".bak";
}

std::string proof_batch(const std::string& url, const std::string& region) {
  std::string batch = "BACKUP DATABASE [master] TO URL = " + quote_literal(url) + " WITH COPY_ONLY, FORMAT";
  if (!region.empty())
    batch += ", BACKUP_OPTIONS = " + quote_literal(R"({"s3": {"region":")" + region + "\"}}");
  return batch + ";\n";
}

Result<std::string> server_name(SqlSession& session, Duration timeout) {
  auto answer = session.run(
      SecretString("SELECT CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name;\n"), timeout);
  if (!answer) return fail(std::move(answer).error());
  if (answer->size() != 1 || answer->front().rows.size() != 1 || answer->front().rows.front().empty())
    return fail(ErrorKind::invalid_reply, "The server does not answer as a SQL Server does.");
  return answer->front().rows.front().front().value_or("");
}

Result<void> make_proof_backup(SqlSession& session, const std::string& url, const std::string& region,
                               const rotation::TargetName& target, const std::string& login,
                               Duration timeout) {
  const auto answer = session.run(SecretString(proof_batch(url, region)), timeout);
  if (answer) return {};
  Error error = answer.error();
  if (!is_refusal(error)) return fail(std::move(error));
  return fail(Error{ErrorKind::backup_refused, Effect::applied, error.code,
                    target + " could not make a proof backup to " + url + ": " + error.message,
                    hint_of(error, login)});
}

bool may_pass_later(const Error& refusal) {
  constexpr std::array kOfTheDevice{kCannotOpen, kWriteFailed, kDeviceFailed, kTerminated};
  return std::find(kOfTheDevice.begin(), kOfTheDevice.end(), refusal.code) != kOfTheDevice.end();
}

}  // namespace keyturn::sqlserver
