#include "lab/target.h"

namespace keyturn::lab {

Target::Target(TargetSettings settings, Clock& clock, net::HttpTransport* transport, sim::FaultBoard& faults,
               sim::CallLog& calls, ServerCertificate certificate)
    : settings_(std::move(settings)),
      server_(settings_.server, clock, transport),
      listener_(server_, faults, calls, settings_.encryption, std::move(certificate)),
      port_(settings_.port) {
  server_.set_backup_settings(settings_.backup);
  for (const sim::ServerLogin& login : settings_.logins) server_.put_login(login);
  for (const std::string& database : settings_.databases) server_.add_database(database);
}

Target::~Target() { stop(); }

Result<void> Target::start() {
  const std::lock_guard lock(mutex_);
  if (listener_.running()) return {};
  auto port = listener_.start(port_);
  if (!port) return fail(port.error());
  port_ = *port;
  return {};
}

void Target::stop() {
  const std::lock_guard lock(mutex_);
  listener_.stop();
}

bool Target::running() const { return listener_.running(); }

std::uint16_t Target::port() const {
  const std::lock_guard lock(mutex_);
  return port_;
}

}  // namespace keyturn::lab
