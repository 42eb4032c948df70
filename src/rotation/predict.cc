#include "rotation/predict.h"

#include <algorithm>

namespace keyturn::rotation {
namespace {

constexpr const char* kFutureVersion = "(new version)";

class Predictor {
 public:
  Predictor(Observation& world, RunMemory& memory) : world_(world), memory_(memory) {}

  void operator()(const DropPending& action) const {
    const SecretVersion* current = world_.secret.at(Stage::current);
    if (current != nullptr && current->id == action.version) memory_.rotated = true;
    take(Stage::pending);
  }
  void operator()(const Prove& action) const { memory_.proven.insert(action.key); }
  void operator()(const Distribute& action) const {
    confirm(action.targets, action.key);
    if (action.prove_backup)
      memory_.backed_up[action.key].insert(action.targets.begin(), action.targets.end());
  }
  void operator()(const Repair& action) const { confirm(action.targets, action.key); }
  void operator()(const Promote& action) const {
    take(Stage::previous);
    for (SecretVersion& version : world_.secret.versions) {
      if (version.stages.erase(Stage::current) > 0) version.stages.insert(Stage::previous);
      if (version.id == action.to) version.stages.insert(Stage::current);
    }
    world_.secret.stage_changed_at = world_.began_at;
    memory_.rotated = true;
  }
  void operator()(const Reactivate& action) const { set_status(action.key, KeyStatus::active); }
  void operator()(const Deactivate& action) const { set_status(action.key, KeyStatus::inactive); }
  void operator()(const DeleteKey& action) const {
    std::erase_if(world_.keys, [&](const AccessKey& key) { return key.id == action.key; });
    close(action.close_intent);
  }
  void operator()(const CloseIntent& action) const { close(action.run_id); }
  void operator()(const Create& /*action*/) const {
    world_.keys.push_back({kFutureKey, KeyStatus::active, world_.began_at, std::nullopt});
    world_.secret.versions.push_back({kFutureVersion, {Stage::pending}, world_.began_at, kFutureKey});
  }
  void operator()(const Stop& /*action*/) const {}

 private:
  void take(Stage stage) const {
    for (SecretVersion& version : world_.secret.versions) version.stages.erase(stage);
  }
  void set_status(const KeyId& id, KeyStatus status) const {
    for (AccessKey& key : world_.keys)
      if (key.id == id) key.status = status;
  }
  void close(const std::string& run_id) const {
    std::erase_if(world_.secret.intents, [&](const Intent& intent) { return intent.run_id == run_id; });
  }
  void confirm(const std::vector<TargetName>& names, const KeyId& key) const {
    for (TargetState& target : world_.targets) {
      if (std::find(names.begin(), names.end(), target.name) == names.end()) continue;
      for (CredentialState& credential : target.credentials)
        credential = {credential.name, true, world_.began_at, key, world_.began_at};
    }
  }

  Observation& world_;
  RunMemory& memory_;
};

}  // namespace

void predict(const Action& action, Observation& world, RunMemory& memory) {
  std::visit(Predictor(world, memory), action);
}

}  // namespace keyturn::rotation
