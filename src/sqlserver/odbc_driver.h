// Which ODBC driver, and how it is told where to connect and what to check: FreeTDS and Microsoft's differ in
// keywords, in quoting and in how they are made to check certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

struct OdbcSettings {
  // A registered name, or on Linux the full path of the driver's library. Empty: the best one that is
  // installed.
  std::string driver{};
  std::string ca_file{};                  // PEM; empty: the system's CAs. FreeTDS only
  bool trust_server_certificate = false;  // encrypt, but take any certificate
  std::uint16_t browser_port = 1434;      // UDP, for targets known by their instance name only
  bool check_name = true;                 // off: whatever name the certificate is made out to. FreeTDS only
  // Only for servers on the machine that keyturn runs on, and only where `trust_server_certificate`: what is
  // sent never leaves it.
  bool same_machine = false;
};

enum class Dialect {
  freetds,
  microsoft,   // ODBC Driver 17 and 18, the Native Clients
  windows_own  // "SQL Server", which comes with Windows: an old one
};
Dialect dialect_of(std::string_view driver);

// A connection string, and what must live until the driver has read it.
struct ConnectionText {
  SecretString text;
  std::shared_ptr<const void> kept{};
};

// Thread-safe.
class OdbcDriver {
 public:
  virtual ~OdbcDriver() = default;
  // Of an address with a channel, or with host and port. ErrorKind::usage where the driver has no way to
  // express something.
  virtual Result<ConnectionText> connection_text(const SqlAddress& address, const SqlLogin& login,
                                                 Duration timeout) = 0;
};

// Linux: FreeTDS, or Microsoft's driver where it is named. Windows: Microsoft's. ErrorKind::usage where the
// driver is not installed or can't do what the settings ask for. `registered`: as the driver manager lists
// them.
Result<std::unique_ptr<OdbcDriver>> open_driver(const OdbcSettings& settings,
                                                const std::vector<std::string>& registered);

// Of those that are registered: the one named `wanted` as it is registered, or, where that is empty, the
// first of `usual`; else nothing.
std::string registered_driver(const std::string& wanted, const std::vector<std::string>& registered,
                              const std::vector<std::string>& usual);

// "It knows A, B" or "It knows none": of a list of drivers.
std::string known_drivers(const std::vector<std::string>& registered);

// What to do where ODBC's trace is on, on this system.
std::string_view trace_hint();

}  // namespace keyturn::sqlserver
