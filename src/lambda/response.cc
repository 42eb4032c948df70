#include "lambda/response.h"

#include <array>
#include <nlohmann/json.hpp>

namespace keyturn::lambda {
namespace {

using Json = nlohmann::ordered_json;

// The world is called so in the documents of runs, plans and states.
constexpr std::array kWorlds{"after", "observed"};

void drop_world(Json& rotation, const char* name) {
  if (rotation.contains(name)) rotation[name] = nullptr;
}

void drop_before(Json& rotation) { drop_world(rotation, "before"); }

void drop_target_details(Json& rotation) {
  for (const char* world : kWorlds) {
    if (!rotation.contains(world) || rotation[world].is_null()) continue;
    for (Json& target : rotation[world]["targets"])
      for (const char* detail : {"credentials", "running_backups", "warnings"})
        target[detail] = Json::array();
  }
}

void drop_worlds(Json& rotation) {
  for (const char* world : kWorlds) drop_world(rotation, world);
}

void drop_good_targets(Json& rotation) {
  if (!rotation.contains("steps")) return;
  for (Json& step : rotation["steps"]) {
    Json kept = Json::array();
    for (Json& target : step["targets"])
      if (target.is_object() && !target["error"].is_null()) kept.push_back(std::move(target));
    step["targets"] = std::move(kept);
  }
}

void drop_lists(Json& rotation) {
  for (const char* list : {"steps", "blockers", "laggards", "pending_work"})
    if (rotation.contains(list)) rotation[list] = Json::array();
}

struct Cut {
  const char* name;
  void (*apply)(Json& rotation);
};
constexpr std::array kCuts{Cut{"before", drop_before}, Cut{"target details", drop_target_details},
                           Cut{"after", drop_worlds}, Cut{"targets of steps", drop_good_targets},
                           Cut{"lists", drop_lists}};
constexpr std::size_t kCutsOfBrief = 4;

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string response_json(const std::string& document, const ResponseNotes& notes, std::size_t limit) {
  Json json{{"again", notes.again}, {"task", notes.task}, {"left_out", Json::array()}};
  json.update(Json::parse(document));
  std::string text = written(json);
  std::size_t applied = 0;
  for (const Cut& cut : kCuts) {
    if (text.size() <= limit && (!notes.brief || applied >= kCutsOfBrief)) break;
    for (Json& rotation : json["rotations"]) cut.apply(rotation);
    json["left_out"].push_back(cut.name);
    text = written(json);
    ++applied;
  }
  return text;
}

}  // namespace keyturn::lambda
