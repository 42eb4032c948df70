#include "setup/host_config.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyturn::setup {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool has_only(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           extra.find(c) != extra.npos;
  });
}

std::string check_service(std::string_view text) {
  return text.size() <= 255 && has_only(text, ":-_.\\@") && text.front() != '-'
             ? ""
             : fmt::format("\"{}\" can't be the name of a systemd unit", text);
}

std::string check_instance(std::string_view text) {
  return text.size() <= 16 && has_only(text, "_$#") ? ""
                                                    : fmt::format("\"{}\" can't be an instance's name", text);
}

std::string check_name(std::string_view text) {
  if (text.size() > 128) return "it is longer than 128 characters";
  const bool is_odd = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '\x7f';
  });
  return is_odd ? "it has a backslash or a control character" : "";
}

std::string check_address(std::string_view text) {
  return has_only(text, ".-_:%") ? "" : fmt::format("\"{}\" is not a host name or an IP address", text);
}

HostInstanceSettings read_instance(const toml::table& table, ConfigProblems& problems) {
  ConfigTable reader(table, "host.instance", problems);
  HostInstanceSettings instance;
  reader.read("instance", instance.instance, "the name of an instance, at most 16 characters",
              check_instance);
  reader.read("name", instance.name, "a text, at most 128 characters", check_name);
  reader.read("leave_out", instance.leave_out);
  reader.read("address", instance.address, "a host name or an IP address", check_address);
  int port = 0;
  reader.read("port", port, 1, 65535);
  instance.port = std::uint16_t(port);
  reader.finish({"password", "user"});
  if (!reader.has("instance")) {
    if (!reader.has("name")) reader.problem("name", "it is missing", "a name, where no instance is named");
    if (!reader.has("port")) reader.problem("port", "it is missing", "a port, where no instance is named");
    if (instance.leave_out)
      reader.problem("leave_out", "no instance is named", "with instance, which is then left out");
  }
  return instance;
}

}  // namespace

void read_host(const toml::table& table, HostSettings& host, ConfigProblems& problems) {
  ConfigTable reader(table, "host", problems);
  reader.read("service", host.service, "the name of a systemd unit", check_service);
  reader.read("start_patience", host.start_patience, seconds{0}, minutes{10});
  reader.read("time_limit", host.time_limit, seconds{10}, hours{1});
  reader.read("check_listener", host.check_listener);
  for (const toml::table* instance : reader.tables("instance"))
    host.instances.push_back(read_instance(*instance, problems));
  reader.finish();
}

}  // namespace keyturn::setup
