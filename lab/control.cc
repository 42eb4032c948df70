#include "lab/control.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/account_state.h"
#include "lab/fault_request.h"
#include "lab/json_request.h"
#include "lab/lab_state.h"
#include "sim/access_policy.h"

namespace keyturn::lab {
namespace {

using nlohmann::json;

net::HttpResponse reply(int status, const json& body) {
  return {status,
          {{"Content-Type", "application/json"}},
          body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}
net::HttpResponse complaint(int status, const std::string& sentence) {
  return reply(status, {{"error", sentence}});
}

net::HttpResponse only(const std::string& methods) {
  auto response = complaint(405, "Only " + methods + " is understood here.");
  response.headers.emplace_back("Allow", methods);
  return response;
}

json faults_json(const sim::FaultBoard& board) {
  json list = json::array();
  for (const sim::Fault& fault : board.list())
    if (fault.count != 0) list.push_back(to_json(fault));  // used up otherwise
  return list;
}

LabTarget target_from(const std::string& name, const json& object) {
  LabTarget settings;
  settings.name = name;
  settings.machine = object.value("machine", settings.machine);
  settings.instance = object.value("instance", settings.instance);
  settings.product_version = object.value("product_version", settings.product_version);
  settings.edition = object.value("edition", settings.edition);
  settings.platform = object.value("platform", settings.platform);
  settings.cluster = object.value("cluster", settings.cluster);
  settings.running = object.value("running", settings.running);
  settings.port = object.value("port", settings.port);
  settings.clock_ahead_s = object.value("clock_ahead_s", settings.clock_ahead_s);
  settings.databases = object.value("databases", settings.databases);
  settings.tags = object.value("tags", settings.tags);
  settings.permissions = object.value("permissions", settings.permissions);
  // A new server has no credential yet.
  settings.credentials = object.value("credentials", std::vector<std::string>{});
  if (object.contains("backups")) settings.backups = object.at("backups").get<bool>();
  return settings;
}

const std::set<std::string> kAddMembers{"action",      "machine",   "instance",     "product_version",
                                        "edition",     "platform",  "cluster",      "running",
                                        "port",        "databases", "tags",         "permissions",
                                        "credentials", "backups",   "clock_ahead_s"};

std::size_t max_calls_of(const std::string& query) {
  constexpr std::string_view kName = "calls=";
  std::size_t count = std::numeric_limits<std::size_t>::max();
  if (query.starts_with(kName))
    std::from_chars(query.data() + kName.size(), query.data() + query.size(), count);
  return count;
}

}  // namespace

net::HttpResponse Control::handle(const std::string& method, const std::string& whole,
                                  const std::string& body) {
  const std::size_t mark = std::min(whole.find('?'), whole.size());
  const std::string path = whole.substr(0, mark);
  const std::string query = whole.substr(std::min(mark + 1, whole.size()));
  constexpr std::string_view kTargets = "/_lab/targets/";
  constexpr std::string_view kHosts = "/_lab/hosts/";
  constexpr std::string_view kSchedules = "/_lab/schedules/";
  constexpr std::string_view kPolicies = "/_lab/policies/";
  try {
    if (path == "/_lab/state")
      return method == "GET" ? reply(200, lab_state(world_, rack_, hosts_, max_calls_of(query)))
                             : only("GET");
    if (path == "/_lab/faults") return faults(method, body);
    if (path == "/_lab/clock") return method == "POST" ? aws_clock(body) : only("POST");
    if (path == "/_lab/backups") return method == "POST" ? backups(body) : only("POST");
    if (path.starts_with(kTargets))
      return method == "POST" ? target(path.substr(kTargets.size()), body) : only("POST");
    if (path.starts_with(kHosts))
      return method == "POST" ? host(path.substr(kHosts.size()), body) : only("POST");
    if (path.starts_with(kSchedules))
      return method == "POST" ? schedule(path.substr(kSchedules.size()), body) : only("POST");
    if (path.starts_with(kPolicies))
      return method == "PUT" ? policy(path.substr(kPolicies.size()), body) : only("PUT");
    if (path == "/_lab/rights") return rights(method);
    return complaint(
        404,
        "There is no " + path +
            "; there are /_lab/state, /_lab/faults, /_lab/targets/NAME, /_lab/hosts/NAME, "
            "/_lab/schedules/NAME, /_lab/policies/IDENTITY, /_lab/rights, /_lab/clock and /_lab/backups.");
  } catch (const json::exception& error) {
    return complaint(400, std::string("The request's JSON can't be understood: ") + error.what() + ".");
  }
}

net::HttpResponse Control::faults(const std::string& method, const std::string& body) {
  if (method == "DELETE") {
    world_.faults().clear();
  } else if (method == "POST") {
    const json list = json::parse(body);
    if (!list.is_array()) return complaint(400, "Faults are given as a list, even where there is only one.");
    std::vector<std::string> targets;
    for (const Rack::Entry* entry : rack_.entries()) targets.push_back(entry->settings.name);
    const auto operations = known_operations(targets);
    std::vector<sim::Fault> parsed;  // all or none
    for (const json& object : list) {
      auto fault = parse_fault(object, operations);
      if (!fault) return complaint(400, fault.error().message);
      parsed.push_back(*std::move(fault));
    }
    for (sim::Fault& fault : parsed) world_.faults().add(std::move(fault));
  } else if (method != "GET") {
    return only("GET, POST, DELETE");
  }
  return reply(200, faults_json(world_.faults()));
}

net::HttpResponse Control::target(const std::string& name, const std::string& body) {
  const json object = json::parse(body);
  const std::string action = object.is_object() ? object.value("action", "") : "";
  Result<void> done;
  if (action == "start") {
    done = rack_.start(name);
  } else if (action == "stop" || action == "stop_service") {
    done = rack_.stop(name, action == "stop_service");
  } else if (action == "add") {
    if (auto problem = unknown_member(object, kAddMembers, "A target"); !problem.empty())
      return complaint(400, problem);
    done = rack_.add(target_from(name, object));
    if (done) fleet_changed_();
  } else {
    return complaint(400, "The body must be {\"action\": \"start\"}, \"stop\", \"stop_service\" or \"add\".");
  }
  if (!done) return complaint(done.error().kind == ErrorKind::not_found ? 404 : 400, done.error().message);
  for (const Rack::Entry* entry : rack_.entries())
    if (entry->settings.name == name)
      return reply(200,
                   {{"name", name}, {"running", entry->target->running()}, {"port", entry->target->port()}});
  return complaint(500, "The target " + name + " is gone.");
}

net::HttpResponse Control::host(const std::string& name, const std::string& body) {
  const auto known = hosts_.find(name);
  if (!known) return complaint(404, known.error().message);
  if (auto done = host_action(known->machine, json::parse(body)); !done)
    return complaint(400, done.error().message);
  return reply(200, host_json(*hosts_.find(name)));
}

net::HttpResponse Control::schedule(const std::string& name, const std::string& body) {
  if (auto done = schedule_action(world_, name, json::parse(body)); !done)
    return complaint(done.error().kind == ErrorKind::not_found ? 404 : 400, done.error().message);
  return reply(200, {{"name", name}});
}

net::HttpResponse Control::policy(const std::string& identity, const std::string& body) {
  auto parsed = sim::parse_access_policy(body);
  if (!parsed) return complaint(400, parsed.error().message);
  if (!world_.iam().set_policy(identity, *std::move(parsed)))
    return complaint(404, "There is no identity " + identity + "; they are user/NAME and role/NAME.");
  return reply(200, {{"identity", identity}});
}

net::HttpResponse Control::rights(const std::string& method) {
  if (method != "GET" && method != "DELETE") return only("GET, DELETE");
  json list = json::array();
  for (const sim::AskedRight& right : world_.rights().snapshot())
    list.push_back({{"identity", right.identity},
                    {"action", right.action},
                    {"resource", right.resource},
                    {"allowed", right.allowed}});
  if (method == "DELETE") world_.rights().clear();
  return reply(200, list);
}

net::HttpResponse Control::aws_clock(const std::string& body) {
  const json object = json::parse(body);
  const json ahead = object.is_object() ? object.value("ahead_s", json()) : json();
  if (!ahead.is_number() || std::abs(ahead.get<double>()) > 86'400)
    return complaint(400, "The body must be {\"ahead_s\": SECONDS}, a day at most, negative for behind.");
  world_.set_aws_ahead(Duration(std::llround(ahead.get<double>() * 1000)));
  return reply(200, {{"ahead_s", ahead}});
}

net::HttpResponse Control::backups(const std::string& body) {
  const json object = json::parse(body);
  const std::string action = object.is_object() ? object.value("action", "") : "";
  if (action != "start" && action != "stop")
    return complaint(400, "The body must be {\"action\": \"start\"} or {\"action\": \"stop\"}.");
  if (auto problem = unknown_member(object, {"action", "interval_s"}, "The body"); !problem.empty())
    return complaint(400, problem);
  std::optional<Duration> interval;
  if (object.contains("interval_s")) {
    const json& seconds = object.at("interval_s");
    if (!seconds.is_number() || seconds.get<double>() < 0.01 || seconds.get<double>() > 3600)
      return complaint(400, "\"interval_s\" must be a number of seconds from 0.01 to 3600.");
    interval = Duration(std::llround(seconds.get<double>() * 1000));
  }
  if (action == "start")
    rack_.start_backups(interval);
  else
    rack_.stop_backups();
  return reply(200, {{"running", action == "start"}});
}

}  // namespace keyturn::lab
