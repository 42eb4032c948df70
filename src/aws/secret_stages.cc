#include "aws/secret_stages.h"

#include <algorithm>

namespace keyturn::aws {
namespace {

using rotation::SecretState;
using rotation::SecretVersion;
using rotation::Stage;

std::set<Stage> stages_of(const std::set<std::string>& names) {
  std::set<Stage> stages;
  for (const Stage stage : {Stage::current, Stage::pending, Stage::previous})
    if (names.contains(label_of(stage))) stages.insert(stage);
  return stages;
}

}  // namespace

const char* label_of(Stage stage) {
  switch (stage) {
    case Stage::current:
      return kCurrent;
    case Stage::pending:
      return kPending;
    case Stage::previous:
      break;
  }
  return kPrevious;
}

SecretState labelled_state(const SecretDescription& description) {
  SecretState state;
  state.name = description.name;
  state.stage_changed_at =
      std::max(description.changed_at.value_or(TimePoint{}), description.created_at.value_or(TimePoint{}));
  for (const auto& [id, names] : description.stages_of)
    state.versions.push_back({id, stages_of(names), state.stage_changed_at, std::nullopt});
  return state;
}

void add_listed(SecretState& state, const std::vector<SecretVersionEntry>& listed) {
  for (const SecretVersionEntry& entry : listed) {
    const auto found = std::find_if(state.versions.begin(), state.versions.end(),
                                    [&](const SecretVersion& version) { return version.id == entry.id; });
    if (found != state.versions.end()) {
      found->created_at = entry.created_at;
    } else {
      state.versions.push_back({entry.id, {}, entry.created_at, std::nullopt});
    }
  }
}

Result<void> conflict_on(const char* code, Result<void> done) {
  if (done || done.error().code != code) return done;
  Error error = done.error();
  error.kind = ErrorKind::conflict;
  error.hint = "Another run is at work on this secret; run keyturn again when it is over.";
  return fail(std::move(error));
}

}  // namespace keyturn::aws
