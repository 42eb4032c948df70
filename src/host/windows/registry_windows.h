// The registry of the machine that keyturn runs on.
#pragma once

#include "host/windows/registry.h"

namespace keyturn::host {

// A 32-bit keyturn would see the same.
class SystemRegistry final : public Registry {
 public:
  [[nodiscard]] Result<RegistryKey> read(const std::string& path) const override;
};

}  // namespace keyturn::host
