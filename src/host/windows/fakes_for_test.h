// A Windows host of the tests' own: registry, services, listeners.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "host/names.h"
#include "host/windows/network.h"
#include "host/windows/registry.h"
#include "host/windows/service_manager.h"

namespace keyturn::host {

inline const std::string kSqlServer = R"(SOFTWARE\Microsoft\Microsoft SQL Server)";
inline const std::string kTcpKey = R"(\MSSQLServer\SuperSocketNetLib\Tcp)";

class FakeRegistry final : public Registry {
 public:
  void add_key(const std::string& path) { keys_[path]; }
  void set(const std::string& path, const std::string& name, RegistryValue value) {
    auto& values = keys_[path].values;
    std::erase_if(values, [&](const auto& known) { return same_name(known.first, name); });
    values.emplace_back(name, std::move(value));
  }
  void remove(const std::string& path) {
    std::erase_if(keys_,
                  [&](const auto& key) { return key.first == path || key.first.starts_with(path + '\\'); });
  }
  void deny(const std::string& path) { denied_.insert(path); }

  // As Setup leaves it: listed, TCP on all addresses, that port.
  std::string add_instance(const std::string& name, const std::string& port, const std::string& id = {}) {
    const std::string own_id = id.empty() ? "MSSQL16." + name : id;
    const std::string key = kSqlServer + '\\' + own_id;
    names_.push_back(name);
    set(kSqlServer, "InstalledInstances", names_);
    set(kSqlServer + R"(\Instance Names\SQL)", name, own_id);
    set(key + R"(\Setup)", "Version", "16.0.1000.6");
    set(key + R"(\Setup)", "PatchLevel", "16.0.4135.4");
    set(key + R"(\Setup)", "Edition", "Standard Edition");
    set(key + kTcpKey, "Enabled", std::uint64_t{1});
    set(key + kTcpKey, "ListenOnAllIPs", std::uint64_t{1});
    set(key + kTcpKey + R"(\IPAll)", "TcpPort", port);
    set(key + kTcpKey + R"(\IPAll)", "TcpDynamicPorts", "");
    return key;
  }
  void add_ip(const std::string& key, const std::string& ip, const std::string& address,
              const std::string& port, std::uint64_t active = 1, std::uint64_t enabled = 1) {
    const std::string path = key + kTcpKey + '\\' + ip;
    set(path, "IpAddress", address);
    set(path, "TcpPort", port);
    set(path, "TcpDynamicPorts", "");
    set(path, "Active", active);
    set(path, "Enabled", enabled);
  }

  [[nodiscard]] Result<RegistryKey> read(const std::string& path) const override {
    if (denied_.contains(path)) return fail(ErrorKind::denied, "HKLM\\" + path + " can't be read.");
    RegistryKey read;
    bool found = false;
    for (const auto& [key, entry] : keys_) {
      if (same_name(key, path)) read.values = entry.values, found = true;
      if (!lowered(key).starts_with(lowered(path) + '\\')) continue;
      found = true;
      const std::string subkey =
          key.substr(path.size() + 1, key.find('\\', path.size() + 1) - path.size() - 1);
      if (read.subkeys.empty() || read.subkeys.back() != subkey) read.subkeys.push_back(subkey);
    }
    if (!found) return fail(ErrorKind::not_found, "no key " + path);
    return read;
  }

 private:
  std::map<std::string, RegistryKey> keys_;
  std::vector<std::string> names_;
  std::set<std::string> denied_;
};

class FakeServices final : public ServiceManager {
 public:
  std::map<std::string, Result<WindowsService>> services;
  mutable int asked = 0;
  std::function<void()> when_asked = [] {};
  [[nodiscard]] Result<WindowsService> query(const std::string& service) const override {
    ++asked;
    when_asked();
    const auto found = services.find(service);
    if (found == services.end()) return fail(ErrorKind::not_found, "no service " + service);
    return found->second;
  }
};

class FakeNetwork final : public Network {
 public:
  std::vector<TcpListener> all;
  std::vector<std::string> own = {"10.0.0.5", "fe80::5"};
  std::map<std::string, std::vector<std::string>> names;
  std::map<std::string, std::uint32_t> pipes;
  [[nodiscard]] Result<std::vector<TcpListener>> listeners() const override { return all; }
  [[nodiscard]] std::vector<std::string> own_addresses() const override { return own; }
  [[nodiscard]] Result<std::vector<std::string>> resolve(const std::string& host) const override {
    const auto found = names.find(host);
    if (found == names.end()) return fail(ErrorKind::unavailable, "no name " + host);
    return found->second;
  }
  [[nodiscard]] Result<std::uint32_t> pipe_server(const std::string& pipe) const override {
    const auto found = pipes.find(pipe);
    if (found == pipes.end()) return fail(ErrorKind::unavailable, "no pipe " + pipe);
    return found->second;
  }
};

}  // namespace keyturn::host
