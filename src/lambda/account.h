// What the handlers stand on: the configuration, AWS, and an engine for each rotation. The function's own in
// production (WiredAccount), a simulated one in tests.
#pragma once

#include <memory>

#include "aws/aws_context.h"
#include "rotation/engine.h"
#include "setup/wiring.h"

namespace keyturn::lambda {

class Account {
 public:
  virtual ~Account() = default;
  [[nodiscard]] virtual const setup::Config& config() const = 0;
  [[nodiscard]] virtual const aws::AwsContext& aws() const = 0;
  // What AWS is reached over, for the one request that none of its services is asked.
  [[nodiscard]] virtual net::HttpTransport& transport() const = 0;
  // Reads the secrets that the settings come from. The engine is good until the next call.
  virtual Result<rotation::Engine*> engine(const setup::RotationSettings& settings) = 0;
  // Of the SQL login that the last engine() uses; null where keyturn does not rotate its password.
  virtual login::Rotator* login() = 0;
};

// Made once an environment; its connections and credentials serve every invocation.
class WiredAccount final : public Account {
 public:
  // The configuration is KEYTURN_CONFIG_TEXT (TOML), else the file KEYTURN_CONFIG, else
  // $LAMBDA_TASK_ROOT/keyturn.toml where there is one, else every default. `surroundings` must outlive it.
  static Result<std::unique_ptr<WiredAccount>> open(const aws::Environment& environment,
                                                    setup::Wiring::Surroundings surroundings);

  [[nodiscard]] const setup::Config& config() const override { return config_; }
  [[nodiscard]] const aws::AwsContext& aws() const override { return wiring_->aws(); }
  [[nodiscard]] net::HttpTransport& transport() const override { return wiring_->transport(); }
  Result<rotation::Engine*> engine(const setup::RotationSettings& settings) override;
  login::Rotator* login() override { return rotation_ ? rotation_->login() : nullptr; }

 private:
  explicit WiredAccount(setup::Config config) : config_(std::move(config)) {}

  const setup::Config config_;
  std::unique_ptr<setup::Wiring> wiring_;
  std::unique_ptr<setup::WiredRotation> rotation_;
};

Result<setup::Config> function_config(const aws::Environment& environment);

}  // namespace keyturn::lambda
