#include "sqlserver/microsoft_driver.h"

#include <utility>

namespace keyturn::sqlserver {
namespace {

// ODBC's own rule: braces around, a closing brace inside doubled.
SecretString braced(std::string_view value) {
  SecretString text("{");
  for (const char c : value) text.append(c == '}' ? std::string_view("}}") : std::string_view(&c, 1));
  text.append("}");
  return text;
}

void append_login(SecretString& text, const SqlLogin& login) {
  text.append(";Database=master;APP=keyturn;");
  if (login.integrated) {
    text.append("Trusted_Connection=yes;");
    return;
  }
  text.append("UID=");
  text.append(braced(login.user));
  text.append(";PWD=");
  text.append(braced(login.password.reveal()));
  text.append(";");
}

std::string host_and_port(const SqlAddress& address) {
  return address.host + "," + std::to_string(address.port);
}

class MicrosoftDriver final : public OdbcDriver {
 public:
  MicrosoftDriver(std::string driver, const OdbcSettings& settings)
      : driver_(std::move(driver)), settings_(settings) {}

  Result<ConnectionText> connection_text(const SqlAddress& address, const SqlLogin& login,
                                         Duration /*timeout*/) override {
    const bool trust = settings_.trust_server_certificate;
    if (dialect_of(driver_) == Dialect::windows_own)
      return ConnectionText{windows_own_connection_string(driver_, address, login, !trust)};
    return ConnectionText{microsoft_connection_string(driver_, address, login, trust)};
  }

 private:
  const std::string driver_;
  const OdbcSettings settings_;
};

}  // namespace

Result<std::unique_ptr<OdbcDriver>> open_microsoft(std::string driver, const OdbcSettings& settings,
                                                   std::string_view ca_hint) {
  if (!settings.ca_file.empty())
    return fail(ErrorKind::usage, "Microsoft's ODBC drivers take no CA file.",
                "Leave sql.ca_file out and " + std::string(ca_hint));
  if (dialect_of(driver) == Dialect::windows_own && settings.trust_server_certificate &&
      !settings.same_machine)
    return fail(ErrorKind::usage,
                "The ODBC driver \"SQL Server\" of Windows can't be told to take any certificate: it "
                "encrypts with a verified one, or not at all.",
                "Install Microsoft's \"ODBC Driver 18 for SQL Server\", or set "
                "sql.trust_server_certificate = false.");
  return std::make_unique<MicrosoftDriver>(std::move(driver), settings);
}

SecretString microsoft_connection_string(const std::string& driver, const SqlAddress& address,
                                         const SqlLogin& login, bool trust_server_certificate) {
  SecretString text(driver_keyword(driver) + "Server=");
  text.append(braced(address.channel.empty() ? "tcp:" + host_and_port(address) : address.channel));
  text.append(std::string(";Encrypt=yes;TrustServerCertificate=") +
              (trust_server_certificate ? "yes" : "no"));
  append_login(text, login);
  return text;
}

SecretString windows_own_connection_string(const std::string& driver, const SqlAddress& address,
                                           const SqlLogin& login, bool encrypt) {
  SecretString text(driver_keyword(driver) + "Server=");
  if (address.channel.empty())
    text.append(host_and_port(address) + ";Network=DBMSSOCN");  // TCP, whatever its other settings are
  else
    text.append(address.channel);
  if (encrypt) text.append(";Encrypt=yes");
  append_login(text, login);
  return text;
}

std::string driver_keyword(const std::string& driver) {
  return driver.front() == '/' ? "Driver=" + driver + ";" : "Driver={" + driver + "};";
}

}  // namespace keyturn::sqlserver
