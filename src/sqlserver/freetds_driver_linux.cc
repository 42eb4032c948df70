#include "sqlserver/freetds_driver_linux.h"

#include <utility>

#include "sqlserver/freetds_conf.h"
#include "sqlserver/microsoft_driver.h"

namespace keyturn::sqlserver {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class FreetdsDriver final : public OdbcDriver {
 public:
  FreetdsDriver(std::string driver, const OdbcSettings& settings, std::shared_ptr<FreetdsConf> conf)
      : driver_(std::move(driver)), settings_(settings), conf_(std::move(conf)) {}

  Result<ConnectionText> connection_text(const SqlAddress& address, const SqlLogin& login,
                                         Duration timeout) override {
    if (!address.channel.empty())
      return fail(ErrorKind::usage, "FreeTDS has no way to connect to " + address.channel + ".");
    auto section = conf_->add({address.host, address.port, timeout, settings_.ca_file,
                               !settings_.trust_server_certificate, settings_.check_name});
    if (!section) return fail(std::move(section).error());
    auto text = freetds_connection_string(driver_, section->name(), login);
    if (!text) return fail(std::move(text).error());
    return ConnectionText{*std::move(text), std::make_shared<FreetdsConf::Section>(*std::move(section))};
  }

 private:
  const std::string driver_;
  const OdbcSettings settings_;
  const std::shared_ptr<FreetdsConf> conf_;
};

}  // namespace

Result<std::unique_ptr<OdbcDriver>> open_freetds(std::string driver, const OdbcSettings& settings) {
  auto conf = FreetdsConf::shared();
  if (!conf) return fail(std::move(conf).error());
  return std::make_unique<FreetdsDriver>(std::move(driver), settings, *std::move(conf));
}

// A braced value ends at "};" and nowhere else, "}}" stays as it is, and without the ';' the brace belongs to
// the value.
Result<SecretString> freetds_connection_string(const std::string& driver, const std::string& section,
                                               const SqlLogin& login) {
  if (contains(login.user, "};") || contains(login.password.reveal(), "};")) {
    return fail(ErrorKind::usage,
                "The SQL login's name or password has \"};\" in it, which FreeTDS has no way to express.",
                "Choose another password.");
  }
  SecretString text(driver_keyword(driver) + "Servername=" + section + ";Database=master;APP=keyturn;UID={" +
                    login.user + "};PWD={");
  text.append(login.password);
  text.append("};");
  return text;
}

}  // namespace keyturn::sqlserver
