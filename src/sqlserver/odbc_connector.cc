#include "sqlserver/odbc_connector.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "sqlserver/odbc_handle.h"
#include "sqlserver/odbc_session.h"
#include "sqlserver/sql_browser.h"

namespace keyturn::sqlserver {
namespace {

constexpr std::uint16_t kDefaultPort = 1433;
constexpr Duration kMostBrowsing{4000};  // UDP in a data centre answers at once or not at all

std::vector<std::string> registered_drivers(const OdbcHandle& environment) {
  std::vector<std::string> names;
  std::array<SQLWCHAR, 256> name{};
  std::array<SQLWCHAR, 1024> attributes{};
  SQLSMALLINT name_size = 0;
  SQLSMALLINT attributes_size = 0;
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDriversW(environment.get(), direction, name.data(),
                                   static_cast<SQLSMALLINT>(name.size()), &name_size, attributes.data(),
                                   static_cast<SQLSMALLINT>(attributes.size()), &attributes_size))) {
    names.push_back(from_odbc(name.data(), static_cast<std::size_t>(name_size)));
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
    return fail(ErrorKind::usage, "ODBC's tracing is on: it would write passwords and keys to a file.",
                std::string(trace_hint()));
  }
  return {};
}

SQLPOINTER as_pointer(Duration timeout) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(timeout).count());
  return reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(seconds));  // ODBC passes numbers as pointers
}

}  // namespace

OdbcConnector::OdbcConnector(std::uint16_t browser_port, std::unique_ptr<const OdbcHandle> environment,
                             std::unique_ptr<OdbcDriver> driver)
    : browser_port_(browser_port), environment_(std::move(environment)), driver_(std::move(driver)) {}

OdbcConnector::~OdbcConnector() = default;

Result<std::unique_ptr<OdbcConnector>> OdbcConnector::open(const OdbcSettings& settings) {
  auto environment = std::make_unique<const OdbcHandle>(SQL_HANDLE_ENV, SQLHANDLE{SQL_NULL_HANDLE});
  if (!*environment) return fail(ErrorKind::unavailable, "The ODBC driver manager can't be started.");
  SQLSetEnvAttr(environment->get(), SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
  if (auto allowed = refuse_tracing(*environment); !allowed) return fail(std::move(allowed).error());

  auto driver = open_driver(settings, registered_drivers(*environment));
  if (!driver) return fail(std::move(driver).error());
  return std::unique_ptr<OdbcConnector>(
      new OdbcConnector(settings.browser_port, std::move(environment), *std::move(driver)));
}

Result<std::unique_ptr<SqlSession>> OdbcConnector::connect(const SqlAddress& address, const SqlLogin& login,
                                                           Duration timeout) {
  SqlAddress reached = address;
  if (!address.channel.empty()) return connect_to(reached, login, timeout);
  if (reached.port == 0 && is_default_instance(address.instance)) reached.port = kDefaultPort;
  if (reached.port == 0) {
    auto found =
        browse_instance_port(address.host, browser_port_, address.instance, std::min(timeout, kMostBrowsing));
    if (!found) return fail(std::move(found).error());
    reached.port = *found;
  }
  return connect_to(reached, login, timeout);
}

Result<std::unique_ptr<SqlSession>> OdbcConnector::connect_to(const SqlAddress& address,
                                                              const SqlLogin& login, Duration timeout) {
  const auto built = driver_->connection_text(address, login, timeout);
  if (!built) return fail(built.error());
  const std::string where =
      address.channel.empty() ? address.host + ":" + std::to_string(address.port) : address.channel;
  OdbcHandle connection(SQL_HANDLE_DBC, environment_->get());
  if (!connection) return fail(ErrorKind::unavailable, "No ODBC connection can be made to " + where + ".");
  SQLSetConnectAttr(connection.get(), SQL_ATTR_LOGIN_TIMEOUT, as_pointer(timeout), 0);
  OdbcText wide(built->text.reveal());
  const SQLRETURN answer =
      SQLDriverConnectW(connection.get(), nullptr, wide.data(), static_cast<SQLSMALLINT>(wide.size()),
                        nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(answer)) {
    Error error = error_of(connection.diagnostics(), where, Doing::connecting);
    return fail(login.integrated ? with_account(std::move(error), login.user) : std::move(error));
  }
  return std::make_unique<OdbcSession>(std::move(connection), where);
}

}  // namespace keyturn::sqlserver
