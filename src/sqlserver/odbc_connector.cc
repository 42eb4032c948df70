#include "sqlserver/odbc_connector.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "sqlserver/odbc_session.h"
#include "sqlserver/sql_browser.h"

namespace keyturn::sqlserver {
namespace {

constexpr std::uint16_t kDefaultPort = 1433;
constexpr Duration kMostBrowsing{4000};  // UDP in a data centre answers at once or not at all

std::vector<std::string> registered_drivers(const OdbcHandle& environment) {
  std::vector<std::string> names;
  std::array<SQLCHAR, 256> name{};
  std::array<SQLCHAR, 1024> attributes{};
  SQLSMALLINT name_size = 0;
  SQLSMALLINT attributes_size = 0;
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDrivers(environment.get(), direction, name.data(),
                                  static_cast<SQLSMALLINT>(name.size()), &name_size, attributes.data(),
                                  static_cast<SQLSMALLINT>(attributes.size()), &attributes_size))) {
    names.emplace_back(reinterpret_cast<const char*>(name.data()));
    direction = SQL_FETCH_NEXT;
  }
  return names;
}

Result<void> refuse_tracing(const OdbcHandle& environment) {
  // The first two make FreeTDS write secrets to a file; the others override whatever a connection asks for,
  // so that every target would be read, written and confirmed on one server.
  for (const char* variable : {"TDSDUMP", "TDSDUMPCONFIG", "TDSHOST", "TDSPORT", "TDSVER"}) {
    if (std::getenv(variable) != nullptr) {
      return fail(
          ErrorKind::usage,
          std::string(variable) +
              " is set: FreeTDS would obey it, and write secrets to a file or connect to another server.",
          std::string("Unset it: unset ") + variable);
    }
  }
  const OdbcHandle probe(SQL_HANDLE_DBC, environment.get());
  SQLUINTEGER trace = SQL_OPT_TRACE_OFF;
  SQLGetConnectAttr(probe.get(), SQL_ATTR_TRACE, &trace, 0, nullptr);
  if (trace != SQL_OPT_TRACE_OFF) {
    return fail(ErrorKind::usage, "unixODBC's tracing is on: it would write passwords and keys to a file.",
                "Set Trace = No in the [ODBC] section of odbcinst.ini.");
  }
  return {};
}

SQLPOINTER as_pointer(Duration timeout) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(timeout).count());
  return reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(seconds));  // ODBC passes numbers as pointers
}

}  // namespace

Result<std::unique_ptr<OdbcConnector>> OdbcConnector::open(OdbcSettings settings) {
  OdbcHandle environment(SQL_HANDLE_ENV, SQL_NULL_HANDLE);
  if (!environment) return fail(ErrorKind::unavailable, "The ODBC driver manager can't be started.");
  SQLSetEnvAttr(environment.get(), SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
  if (auto allowed = refuse_tracing(environment); !allowed) return fail(std::move(allowed).error());

  auto driver = find_driver(settings.driver, registered_drivers(environment));
  if (!driver) return fail(std::move(driver).error());
  settings.driver = *driver;
  const bool freetds = dialect_of(settings.driver) == Dialect::freetds;
  if (!freetds && !settings.ca_file.empty()) {
    return fail(ErrorKind::usage, "Microsoft's ODBC driver takes no CA file.",
                "Leave sql.ca_file out and add the CA to the system's, or set SSL_CERT_FILE.");
  }
  std::unique_ptr<OdbcConnector> connector(new OdbcConnector(std::move(settings), std::move(environment)));
  if (freetds) {
    auto conf = FreetdsConf::shared();
    if (!conf) return fail(std::move(conf).error());
    connector->freetds_conf_ = *conf;
  }
  return connector;
}

Result<std::unique_ptr<SqlSession>> OdbcConnector::connect(const SqlAddress& address, const SqlLogin& login,
                                                           Duration timeout) {
  std::uint16_t port = address.port;
  if (port == 0 && is_default_instance(address.instance)) port = kDefaultPort;
  if (port == 0) {
    auto found = browse_instance_port(address.host, settings_.browser_port, address.instance,
                                      std::min(timeout, kMostBrowsing));
    if (!found) return fail(std::move(found).error());
    port = *found;
  }
  return connect_to(address.host, port, login, timeout);
}

Result<std::unique_ptr<SqlSession>> OdbcConnector::connect_to(const std::string& host, std::uint16_t port,
                                                              const SqlLogin& login, Duration timeout) {
  std::optional<FreetdsConf::Section> section;  // must live until the driver has read it
  SecretString text;
  if (freetds_conf_) {
    auto added = freetds_conf_->add(
        {host, port, timeout, settings_.ca_file, !settings_.trust_server_certificate, settings_.check_name});
    if (!added) return fail(std::move(added).error());
    section.emplace(*std::move(added));
    auto built = freetds_connection_string(settings_.driver, section->name(), login);
    if (!built) return fail(std::move(built).error());
    text = *std::move(built);
  } else {
    text =
        microsoft_connection_string(settings_.driver, host, port, settings_.trust_server_certificate, login);
  }

  const std::string where = host + ":" + std::to_string(port);
  OdbcHandle connection(SQL_HANDLE_DBC, environment_.get());
  if (!connection) return fail(ErrorKind::unavailable, "No ODBC connection can be made to " + where + ".");
  SQLSetConnectAttr(connection.get(), SQL_ATTR_LOGIN_TIMEOUT, as_pointer(timeout), 0);
  OdbcText wide(text.reveal());
  const SQLRETURN answer =
      SQLDriverConnectW(connection.get(), nullptr, wide.data(), static_cast<SQLSMALLINT>(wide.size()),
                        nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(answer)) return fail(error_of(connection.diagnostics(), where, Doing::connecting));
  return std::make_unique<OdbcSession>(std::move(connection), where);
}

}  // namespace keyturn::sqlserver
