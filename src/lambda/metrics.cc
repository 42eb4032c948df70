#include "lambda/metrics.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

namespace keyturn::lambda {
namespace {

using Json = nlohmann::ordered_json;
using rotation::Outcome;

double seconds_of(Duration duration) { return double(duration.count()) / 1000.0; }

// One line in the making.
class Metrics {
 public:
  Metrics(const std::string& rotation, TimePoint now) : at_(now) {
    values_["Rotation"] = rotation.substr(0, 1024);
  }
  void count(const std::string& name, std::size_t value) { add(name, "Count", value); }
  void seconds(const std::string& name, Duration value) { add(name, "Seconds", seconds_of(value)); }
  void property(const std::string& name, const std::string& value) { values_[name] = value; }

  [[nodiscard]] std::string line() const {
    const Json directive{{"Namespace", "keyturn"},
                         {"Dimensions", Json::array({Json::array({"Rotation"})})},
                         {"Metrics", names_}};
    Json json{
        {"_aws",
         {{"Timestamp", at_.time_since_epoch().count()}, {"CloudWatchMetrics", Json::array({directive})}}}};
    json.update(values_);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  void add(const std::string& name, const char* unit, const Json& value) {
    names_.push_back({{"Name", name}, {"Unit", unit}});
    values_[name] = value;
  }

  TimePoint at_;
  Json names_ = Json::array();
  Json values_ = Json::object();
};

void add_outcome(Metrics& metrics, Outcome outcome) {
  metrics.property("Outcome", rotation::to_string(outcome));
  metrics.count("Failed", outcome == Outcome::failed || outcome == Outcome::bad_usage ? 1 : 0);
  metrics.count("Blocked", outcome == Outcome::blocked ? 1 : 0);
  metrics.count("Incomplete", outcome == Outcome::incomplete ? 1 : 0);
}

void add_keys(Metrics& metrics, const rotation::Observation& world) {
  metrics.count("Keys", world.keys.size());
  if (!world.keys.empty()) {
    const auto oldest =
        std::min_element(world.keys.begin(), world.keys.end(),
                         [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
    metrics.seconds("OldestKeyAgeSeconds", world.began_at - oldest->created_at);
  }
  const rotation::SecretVersion* current = world.secret.at(rotation::Stage::current);
  if (current == nullptr || !current->key_id) return;
  metrics.property("CurrentKey", *current->key_id);
  if (const rotation::AccessKey* key = world.key(*current->key_id))
    metrics.seconds("CurrentKeyAgeSeconds", world.began_at - key->created_at);
}

void add_targets(Metrics& metrics, const rotation::Observation& world) {
  const auto count_if = [&](const auto& predicate) {
    return std::size_t(std::count_if(world.targets.begin(), world.targets.end(), predicate));
  };
  const auto confirmed_on = [&](rotation::Stage stage) {
    const rotation::SecretVersion* version = world.secret.at(stage);
    return count_if([&](const rotation::TargetState& target) {
      return version != nullptr && version->key_id && target.readable() &&
             target.confirmed_on(*version->key_id);
    });
  };
  metrics.count("Targets",
                count_if([](const auto& target) { return target.standing != rotation::Standing::skipped; }));
  metrics.count("Confirmed", confirmed_on(rotation::Stage::current));
  if (world.secret.at(rotation::Stage::pending) != nullptr)
    metrics.count("ConfirmedOnPending", confirmed_on(rotation::Stage::pending));
  metrics.count("Unreachable", count_if([](const auto& target) {
                  return target.standing == rotation::Standing::unreachable;
                }));
}

template <class Result>
void add_outlook(Metrics& metrics, const Result& result) {
  add_outcome(metrics, result.outcome);
  const auto written_off = std::count_if(result.laggards.begin(), result.laggards.end(),
                                         [](const auto& laggard) { return laggard.written_off; });
  metrics.count("Laggards", result.laggards.size() - std::size_t(written_off));
  metrics.count("WrittenOff", std::size_t(written_off));
  metrics.count("Blockers", result.blockers.size());
}

// "drop_pending" -> "DropPendingSeconds"
std::string duration_name(const std::string& action) {
  std::string name;
  bool upper = true;
  for (const char c : action) {
    if (c != '_') name += upper ? char(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return name + "Seconds";
}

void add_phases(Metrics& metrics, const rotation::RunResult& run) {
  metrics.seconds("RunSeconds", run.ended_at - run.started_at);
  std::map<std::string, Duration> phases;
  for (const rotation::Step& step : run.steps) phases[step.action] += step.ended_at - step.at;
  for (const auto& [action, duration] : phases) metrics.seconds(duration_name(action), duration);
}

}  // namespace

std::string run_metrics(const std::string& rotation, const rotation::RunResult& run, TimePoint now) {
  Metrics metrics(rotation, now);
  metrics.property("RunId", run.run_id);
  add_outlook(metrics, run);
  add_phases(metrics, run);
  if (run.after) {
    add_keys(metrics, *run.after);
    add_targets(metrics, *run.after);
  }
  return metrics.line();
}

std::string plan_metrics(const std::string& rotation, const rotation::Plan& plan, TimePoint now) {
  Metrics metrics(rotation, now);
  add_outlook(metrics, plan);
  add_keys(metrics, plan.observation);
  add_targets(metrics, plan.observation);
  return metrics.line();
}

std::string outcome_metrics(const std::string& rotation, Outcome outcome, TimePoint now) {
  Metrics metrics(rotation, now);
  add_outcome(metrics, outcome);
  return metrics.line();
}

}  // namespace keyturn::lambda
