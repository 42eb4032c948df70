// The seam to Windows's service manager.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace keyturn::host {

enum class WindowsServiceState {
  running,
  starting,  // or resumed from a pause
  stopped,
  stopping,
  paused,  // or on the way there: SQL Server takes no new connections
};

struct WindowsService {
  WindowsServiceState state = WindowsServiceState::stopped;
  std::uint32_t process = 0;  // 0: none
  bool is_manual = false;     // nobody but a person or a cluster starts it
  bool is_disabled = false;
};

// Thread-safe.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  // ErrorKind::not_found: there is no such service; denied, unavailable: Windows does not tell.
  [[nodiscard]] virtual Result<WindowsService> query(const std::string& service) const = 0;
};

}  // namespace keyturn::host
