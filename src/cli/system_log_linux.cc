// The journal of systemd, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram an entry.
// The standard error of a command that the SSM agent runs does not get there, and libsystemd would be one
// more thing to install.
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

#include "cli/system_log.h"
#include "report/text_style.h"

namespace keyturn::cli {
namespace {

// Those of syslog.
int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return 2;
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit JournalSink(int descriptor) : descriptor_(descriptor) {}
  JournalSink(const JournalSink&) = delete;
  JournalSink& operator=(const JournalSink&) = delete;
  ~JournalSink() override { close(descriptor_); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // Without control characters, so that a field ends where the line does.
    const std::string entry = fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER=keyturn\n",
                                          report::printable({message.payload.data(), message.payload.size()}),
                                          priority_of(message.level));
    // A journal that is full or gone loses the entry: the file has it.
    static_cast<void>(send(descriptor_, entry.data(), entry.size(), MSG_NOSIGNAL));
  }
  void flush_() override {}

 private:
  int descriptor_;
};

}  // namespace

std::shared_ptr<spdlog::sinks::sink> system_log_sink(const Options& /*options*/, const HostPaths& paths) {
  const std::filesystem::path socket = paths.root / "run/systemd/journal/socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) return nullptr;
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return nullptr;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(descriptor);
    return nullptr;
  }
  return std::make_shared<JournalSink>(descriptor);
}

}  // namespace keyturn::cli
