#include "lab/control.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/lab_state.h"

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

json to_json(const sim::Fault& fault) {
  json made{
      {"match", fault.match}, {"kind", to_string(fault.kind)}, {"skip", fault.skip}, {"count", fault.count}};
  if (fault.delay.count() != 0) made["delay_s"] = double(fault.delay.count()) / 1000.0;
  return made;
}

json faults_json(const sim::FaultBoard& board) {
  json list = json::array();
  for (const sim::Fault& fault : board.list())
    if (fault.count != 0) list.push_back(to_json(fault));  // used up otherwise
  return list;
}

// What has members that are not in `allowed`, as a sentence; empty: all is well.
std::string unknown_member(const json& object, const std::set<std::string>& allowed,
                           const std::string& what) {
  for (const auto& [name, value] : object.items())
    if (allowed.count(name) == 0) return what + " has no member \"" + name + "\".";
  return {};
}

bool is_operation(const std::string& match) {
  static const std::set<std::string> kServices{"iam", "sts", "secretsmanager", "ec2", "s3", "tds"};
  const std::size_t colon = match.find(':');
  return match == "*" || (colon != std::string::npos && colon + 1 < match.size() &&
                          kServices.count(match.substr(0, colon)) != 0);
}

Result<int> whole_number(const json& object, const char* name, int fallback) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (!found->is_number_integer() || std::abs(found->get<double>()) > double(kMost))
    return fail(ErrorKind::usage, std::string("A fault's \"") + name + "\" must be a whole number.");
  return found->get<int>();
}

Result<sim::Fault> parse_fault(const json& object) {
  if (!object.is_object())
    return fail(ErrorKind::usage, "A fault must be an object with \"match\" and \"kind\".");
  if (auto problem = unknown_member(object, {"match", "kind", "skip", "count", "delay_s"}, "A fault");
      !problem.empty())
    return fail(ErrorKind::usage, problem);
  sim::Fault fault;
  const json match = object.value("match", json());
  if (!match.is_string() || !is_operation(match.get<std::string>()))
    return fail(
        ErrorKind::usage,
        "A fault's \"match\" must be like \"iam:CreateAccessKey\", \"s3:*\" or \"tds:TARGET:login\".");
  fault.match = match;
  const json kind = object.value("kind", json());
  const auto parsed = kind.is_string() ? sim::parse_fault_kind(kind.get<std::string>()) : std::nullopt;
  if (!parsed)
    return fail(ErrorKind::usage,
                "A fault's \"kind\" must be refuse, throttle, error_5xx, delay, reply_lost, hang or cut.");
  fault.kind = *parsed;
  const auto skip = whole_number(object, "skip", 0);
  const auto count = whole_number(object, "count", 1);
  if (!skip) return tl::unexpected(skip.error());
  if (!count) return tl::unexpected(count.error());
  if (*skip < 0 || *count == 0)
    return fail(ErrorKind::usage,
                "A fault's \"skip\" must be 0 or more, its \"count\" 1 or more, or -1 for all.");
  fault.skip = *skip;
  fault.count = *count;
  const json delay = object.value("delay_s", json(0));
  if (!delay.is_number() || delay.get<double>() < 0 || delay.get<double>() > 86'400)
    return fail(ErrorKind::usage, "A fault's \"delay_s\" must be a number of seconds from 0 to 86400.");
  fault.delay = Duration(std::llround(delay.get<double>() * 1000));
  if (fault.kind == sim::FaultKind::delay && fault.delay.count() == 0)
    return fail(ErrorKind::usage, "A fault of the kind delay needs \"delay_s\".");
  return fault;
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
  settings.databases = object.value("databases", settings.databases);
  settings.tags = object.value("tags", settings.tags);
  settings.permissions = object.value("permissions", settings.permissions);
  // A new server has no credential yet.
  settings.credentials = object.value("credentials", std::vector<std::string>{});
  if (object.contains("backups")) settings.backups = object.at("backups").get<bool>();
  return settings;
}

const std::set<std::string> kAddMembers{
    "action", "machine",   "instance", "product_version", "edition",     "platform", "cluster", "running",
    "port",   "databases", "tags",     "permissions",     "credentials", "backups"};

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
  try {
    if (path == "/_lab/state")
      return method == "GET" ? reply(200, lab_state(world_, rack_, max_calls_of(query))) : only("GET");
    if (path == "/_lab/faults") return faults(method, body);
    if (path == "/_lab/backups") return method == "POST" ? backups(body) : only("POST");
    if (path.starts_with(kTargets))
      return method == "POST" ? target(path.substr(kTargets.size()), body) : only("POST");
    return complaint(404, "There is no " + path +
                              "; there are /_lab/state, /_lab/faults, /_lab/targets/NAME and "
                              "/_lab/backups.");
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
    std::vector<sim::Fault> parsed;  // all or none
    for (const json& object : list) {
      auto fault = parse_fault(object);
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
  } else if (action == "stop") {
    done = rack_.stop(name);
  } else if (action == "add") {
    if (auto problem = unknown_member(object, kAddMembers, "A target"); !problem.empty())
      return complaint(400, problem);
    done = rack_.add(target_from(name, object));
    if (done) fleet_changed_();
  } else {
    return complaint(400, "The body must be {\"action\": \"start\"}, \"stop\" or \"add\".");
  }
  if (!done) return complaint(done.error().kind == ErrorKind::not_found ? 404 : 400, done.error().message);
  for (const Rack::Entry* entry : rack_.entries())
    if (entry->settings.name == name)
      return reply(200,
                   {{"name", name}, {"running", entry->target->running()}, {"port", entry->target->port()}});
  return complaint(500, "The target " + name + " is gone.");
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
