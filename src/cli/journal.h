// The journal of systemd, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram an entry.
// The standard error of a command that the SSM agent runs does not get there, and libsystemd would be one
// more thing to install.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <filesystem>
#include <mutex>

namespace keyturn::cli {

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Null where nothing listens at that socket.
  static std::shared_ptr<JournalSink> open(const std::filesystem::path& socket);
  explicit JournalSink(int descriptor) : descriptor_(descriptor) {}
  ~JournalSink() override;

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  int descriptor_;
};

}  // namespace keyturn::cli
