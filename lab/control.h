// The lab's own interface, /_lab/…: unsigned JSON over the AWS endpoint (docs/lab.md). Names in it are a
// contract.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lab/hosts.h"
#include "lab/rack.h"
#include "net/http_transport.h"

namespace keyturn::lab {

// Thread-safe. What it is given must outlive it.
class Control {
 public:
  // `fleet_changed` is called after a target was added.
  Control(sim::World& world, Rack& rack, Hosts& hosts, std::function<void()> fleet_changed)
      : world_(world), rack_(rack), hosts_(hosts), fleet_changed_(std::move(fleet_changed)) {}

  static bool is_for_it(const std::string& target) { return target.starts_with("/_lab/"); }
  // Bad input is answered with 400 and {"error": "a sentence"}; never throws.
  net::HttpResponse handle(const std::string& method, const std::string& target, const std::string& body);

 private:
  net::HttpResponse faults(const std::string& method, const std::string& body);
  net::HttpResponse target(const std::string& name, const std::string& body);
  net::HttpResponse host(const std::string& name, const std::string& body);
  Result<void> host_action(const std::string& machine, const nlohmann::json& object);
  net::HttpResponse backups(const std::string& body);
  net::HttpResponse schedule(const std::string& name, const std::string& body);
  net::HttpResponse policy(const std::string& identity, const std::string& body);
  net::HttpResponse aws_clock(const std::string& body);
  net::HttpResponse rights(const std::string& method);

  sim::World& world_;
  Rack& rack_;
  Hosts& hosts_;
  const std::function<void()> fleet_changed_;
};

}  // namespace keyturn::lab
