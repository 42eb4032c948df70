#include "host/windows/network_windows.h"
#include "host/windows/registry_windows.h"
#include "host/windows/service_manager_windows.h"
#include "host/windows/windows_machine.h"

namespace keyturn::host {

std::unique_ptr<Machine> this_machine(MachineSettings settings, Clock& clock, const StopFlag* stop) {
  return std::make_unique<WindowsMachine>(
      std::move(settings),
      WindowsParts{std::make_shared<const SystemRegistry>(), std::make_shared<const SystemServiceManager>(),
                   std::make_shared<const SystemNetwork>()},
      clock, stop);
}

}  // namespace keyturn::host
