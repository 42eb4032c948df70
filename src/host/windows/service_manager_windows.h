// The service manager of the machine that keyturn runs on.
#pragma once

#include "host/windows/service_manager.h"

namespace keyturn::host {

class SystemServiceManager final : public ServiceManager {
 public:
  [[nodiscard]] Result<WindowsService> query(const std::string& service) const override;
};

}  // namespace keyturn::host
