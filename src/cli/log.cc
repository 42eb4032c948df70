#include "cli/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/path.h"
#include "cli/files.h"
#include "report/text_style.h"

namespace keyturn::cli {
namespace {

TimePoint time_of(const spdlog::details::log_msg& message) {
  return std::chrono::floor<Duration>(message.time);
}

std::string text_line(const spdlog::details::log_msg& message) {
  const auto level = spdlog::level::to_string_view(message.level);
  return fmt::format("{} {} {}\n", format_iso8601(time_of(message)),
                     std::string_view(level.data(), level.size()),
                     report::printable({message.payload.data(), message.payload.size()}));
}

std::string json_line(const spdlog::details::log_msg& message) {
  const auto level = spdlog::level::to_string_view(message.level);
  const nlohmann::ordered_json line{{"at", format_iso8601(time_of(message))},
                                    {"level", std::string(level.data(), level.size())},
                                    {"message", std::string(message.payload.data(), message.payload.size())}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// One write() a line: whole lines even where several processes share the file, and a full disk is noticed at
// once.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(LogFormat format, LineWriter writer) : format_(format), writer_(std::move(writer)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    writer_(format_ == LogFormat::json ? json_line(message) : text_line(message));
  }
  void flush_() override {}

 private:
  LogFormat format_;
  LineWriter writer_;
};

class LogFile {
 public:
  LogFile(int descriptor, std::string name, LineWriter to_stderr)
      : descriptor_(descriptor), name_(std::move(name)), to_stderr_(std::move(to_stderr)) {}
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile() { close_file(descriptor_); }

  void write(std::string_view line) {
    if (write_all(descriptor_, line) || warned_) return;
    warned_ = true;
    to_stderr_(fmt::format("keyturn: the log file {} can't be written ({}); the work goes on without it.\n",
                           name_, write_failure()));
  }

 private:
  int descriptor_;
  std::string name_;
  LineWriter to_stderr_;
  bool warned_ = false;
};

Result<LineWriter> open_file(const std::filesystem::path& file, const LineWriter& to_stderr) {
  const std::string name = utf8_of(file);
  const auto descriptor = open_to_append(file);
  if (!descriptor)
    return fail(ErrorKind::usage,
                fmt::format("The log file {} can't be opened: {}.", name, descriptor.error().message),
                "Name another one with --log-file, or leave it out to log to stderr.");
  auto log_file = std::make_shared<LogFile>(*descriptor, name, to_stderr);
  return LineWriter([log_file](std::string_view line) { log_file->write(line); });
}

}  // namespace

bool logs_to_stderr(const Options& options) {
  return !options.log_file && (options.log_format == LogFormat::json || !options.log_level.empty());
}

Result<std::shared_ptr<spdlog::logger>> open_log(const Options& options, LineWriter to_stderr) {
  LineWriter writer = to_stderr;
  if (options.log_file) {
    auto file = open_file(*options.log_file, to_stderr);
    if (!file) return fail(file.error());
    writer = std::move(*file);
  }
  auto logger =
      std::make_shared<spdlog::logger>("keyturn", std::make_shared<LineSink>(options.log_format, writer));
  const std::string usual = options.log_file || options.log_format == LogFormat::json ? "info" : "off";
  const std::string level = options.log_level.empty() ? usual : options.log_level;
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

}  // namespace keyturn::cli
