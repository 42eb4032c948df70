#include "cli/system_log.h"

#include <spdlog/sinks/base_sink.h>
#include <windows.h>

#include <mutex>

#include "base/path.h"
#include "base/wide_windows.h"
#include "cli/windows/event_text.h"

namespace keyturn::cli {
namespace {

constexpr const wchar_t* kSource = L"keyturn";
constexpr const wchar_t* kSourceKey = LR"(SYSTEM\CurrentControlSet\Services\EventLog\Application\keyturn)";

std::wstring program_file() {
  std::wstring file(32'768, L'\0');
  file.resize(GetModuleFileNameW(nullptr, file.data(), DWORD(file.size())));
  return file;
}

// The event viewer finds the text of an event in the program's message table. Without the right to write
// there it shows the same text below a complaint that it has no description.
void register_source() {
  HKEY key = nullptr;
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, kSourceKey, 0, nullptr, 0, KEY_SET_VALUE, nullptr, &key, nullptr) !=
      ERROR_SUCCESS)
    return;
  const std::wstring file = program_file();
  RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(file.c_str()),
                 DWORD((file.size() + 1) * sizeof(wchar_t)));
  const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
  RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&types), sizeof types);
  RegCloseKey(key);
}

WORD type_of(EventId id) {
  switch (id) {
    case EventId::error:
      return EVENTLOG_ERROR_TYPE;
    case EventId::warning:
      return EVENTLOG_WARNING_TYPE;
    case EventId::done:
      return EVENTLOG_INFORMATION_TYPE;
  }
  return EVENTLOG_ERROR_TYPE;
}

// Keeps the lines until the run is over. What the event log does not take is lost: the file has it.
class EventSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  EventSink(bool is_look, std::string log_file) : is_look_(is_look), log_file_(std::move(log_file)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.push_back({message.level, {message.payload.data(), message.payload.size()}});
  }

  void flush_() override {
    if (lines_.empty()) return;
    const Event event = event_of(lines_, log_file_);
    lines_.clear();
    if (is_look_ && event.id == EventId::done) return;
    register_source();
    HANDLE log = RegisterEventSourceW(nullptr, kSource);
    if (log == nullptr) return;
    const std::wstring text = wide(event.text);
    const wchar_t* strings[] = {text.c_str()};
    ReportEventW(log, type_of(event.id), 0, DWORD(event.id), nullptr, 1, 0, strings, nullptr);
    DeregisterEventSource(log);
  }

 private:
  const bool is_look_;
  const std::string log_file_;
  std::vector<LogLine> lines_;
};

}  // namespace

std::shared_ptr<spdlog::sinks::sink> system_log_sink(const Options& options, const HostPaths& paths) {
  const bool is_look = options.command != "apply" || options.host.check;
  return std::make_shared<EventSink>(is_look, utf8_of(paths.log_folder / "keyturn.log"));
}

}  // namespace keyturn::cli
