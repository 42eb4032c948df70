#include "lambda/account.h"

#include <filesystem>

namespace keyturn::lambda {

Result<setup::Config> function_config(const aws::Environment& environment) {
  if (const auto text = environment("KEYTURN_CONFIG_TEXT"))
    return setup::parse_config(*text, "KEYTURN_CONFIG_TEXT");
  if (const auto file = environment("KEYTURN_CONFIG")) return setup::load_config(*file, environment);
  if (const auto root = environment("LAMBDA_TASK_ROOT")) {
    const std::filesystem::path file = std::filesystem::path(*root) / "keyturn.toml";
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return setup::load_config(file, environment);
  }
  return setup::parse_config("", "");
}

Result<std::unique_ptr<WiredAccount>> WiredAccount::open(const aws::Environment& environment,
                                                         setup::Wiring::Surroundings surroundings) {
  auto config = function_config(environment);
  if (!config) return fail(config.error());
  std::unique_ptr<WiredAccount> account(new WiredAccount(std::move(*config)));
  auto wiring = setup::Wiring::open(account->config_, environment, surroundings);
  if (!wiring) return fail(wiring.error());
  account->wiring_ = std::move(*wiring);
  return account;
}

Result<rotation::Engine*> WiredAccount::engine(const setup::RotationSettings& settings) {
  auto rotation = wiring_->wire(settings);
  if (!rotation) return fail(rotation.error());
  rotation_ = std::move(*rotation);
  return &rotation_->engine();
}

}  // namespace keyturn::lambda
