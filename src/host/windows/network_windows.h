// Listeners, addresses and pipes of the machine that keyturn runs on.
#pragma once

#include "host/windows/network.h"

namespace keyturn::host {

class SystemNetwork final : public Network {
 public:
  SystemNetwork();
  ~SystemNetwork() override;
  SystemNetwork(const SystemNetwork&) = delete;
  SystemNetwork& operator=(const SystemNetwork&) = delete;

  [[nodiscard]] Result<std::vector<TcpListener>> listeners() const override;
  [[nodiscard]] std::vector<std::string> own_addresses() const override;
  [[nodiscard]] Result<std::vector<std::string>> resolve(const std::string& host) const override;
  [[nodiscard]] Result<std::uint32_t> pipe_server(const std::string& pipe) const override;
};

}  // namespace keyturn::host
