// Starting a credential_process and reading its pipes.
#include <windows.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "aws/credential_process.h"
#include "base/secret_string.h"
#include "base/wide_windows.h"

namespace keyturn::aws {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kMaxOutput = 1U << 20U;
constexpr DWORD kPollMs = 5;
constexpr int kMostReads = 256;

struct Close {
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};
using Handle = std::unique_ptr<void, Close>;

Handle owned(HANDLE handle) { return Handle(handle == INVALID_HANDLE_VALUE ? nullptr : handle); }

tl::unexpected<Error> not_started(const std::string& program, DWORD code) {
  return fail(ErrorKind::credentials,
              "The credential_process " + program + " could not be started: " + windows_message(code) + ".");
}

// The first word of a command line, as Windows finds it.
Result<std::string> program_of(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return fail(ErrorKind::usage, "credential_process is empty.");
  line.remove_prefix(begin);
  if (line.front() != '"') return std::string(line.substr(0, line.find_first_of(" \t")));
  const std::size_t end = line.find('"', 1);
  if (end == std::string_view::npos)
    return fail(ErrorKind::usage, "A quote in credential_process is not closed.");
  return std::string(line.substr(1, end - 1));
}

// Left to itself CreateProcess looks in the current folder before PATH, and tries C:\Program.exe for what
// stands below C:\Program Files.
Result<std::wstring> find_program(const std::string& program) {
  const bool has_folder = program.find_first_of("\\/:") != std::string::npos;
  const std::wstring path = wide(environment_variable("PATH").value_or(""));
  std::wstring found(32768, L'\0');
  const DWORD size = SearchPathW(has_folder ? nullptr : path.c_str(), wide(program).c_str(), L".exe",
                                 static_cast<DWORD>(found.size()), found.data(), nullptr);
  if (size == 0 || size >= found.size()) return not_started(program, ERROR_FILE_NOT_FOUND);
  found.resize(size);
  return found;
}

SECURITY_ATTRIBUTES inheritable() { return {sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE}; }

struct Pipe {
  Handle read;
  Handle write;  // inherited by the child

  static Pipe make() {
    SECURITY_ATTRIBUTES attributes = inheritable();
    HANDLE reading = nullptr;
    HANDLE writing = nullptr;
    if (CreatePipe(&reading, &writing, &attributes, 0) == FALSE) return {};
    SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);
    return {owned(reading), owned(writing)};
  }
};

// The handles that a child inherits, and no others.
class Inherited {
 public:
  explicit Inherited(std::array<HANDLE, 3>& handles) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    bytes_.resize(size);
    good_ = InitializeProcThreadAttributeList(get(), 1, 0, &size) != FALSE;
    good_ = good_ && UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
                                               sizeof handles, nullptr, nullptr) != FALSE;
  }
  Inherited(const Inherited&) = delete;
  Inherited& operator=(const Inherited&) = delete;
  ~Inherited() {
    if (good_) DeleteProcThreadAttributeList(get());
  }
  [[nodiscard]] bool is_good() const { return good_; }
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(bytes_.data()); }

 private:
  std::vector<std::max_align_t> bytes_;
  bool good_ = false;
};

struct Child {
  Handle process;
  Handle job;  // ended with all that the program started
};

Result<Child> start(const std::string& line, const std::string& program, const Pipe& out, const Pipe& err) {
  const auto path = find_program(program);
  if (!path) return fail(path.error());
  SECURITY_ATTRIBUTES attributes = inheritable();
  const Handle nothing = owned(CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                           &attributes, OPEN_EXISTING, 0, nullptr));
  std::array<HANDLE, 3> handles{nothing.get(), out.write.get(), err.write.get()};
  Inherited inherited(handles);
  if (!nothing || !inherited.is_good()) return not_started(program, GetLastError());
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = handles[0];
  startup.StartupInfo.hStdOutput = handles[1];
  startup.StartupInfo.hStdError = handles[2];
  startup.lpAttributeList = inherited.get();
  PROCESS_INFORMATION made{};
  std::wstring arguments = wide(line);
  if (CreateProcessW(path->c_str(), arguments.data(), nullptr, nullptr, TRUE,
                     EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW | CREATE_SUSPENDED, nullptr, nullptr,
                     &startup.StartupInfo, &made) == FALSE)
    return not_started(program, GetLastError());
  const Handle thread = owned(made.hThread);
  Child child{owned(made.hProcess), owned(CreateJobObjectW(nullptr, nullptr))};
  AssignProcessToJobObject(child.job.get(), child.process.get());
  ResumeThread(thread.get());
  return child;
}

// Appends what is there now, though not for ever where it comes as fast as it is read; false at the end.
bool drain(const Handle& pipe, std::string& into) {
  std::array<char, 4096> bytes{};
  DWORD waiting = 0;
  for (int reads = 0; PeekNamedPipe(pipe.get(), nullptr, 0, nullptr, &waiting, nullptr) != FALSE; ++reads) {
    if (waiting == 0 || reads == kMostReads) return true;
    DWORD n = 0;
    if (ReadFile(pipe.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &n, nullptr) == FALSE) break;
    if (into.size() < kMaxOutput) into.append(bytes.data(), n);
    wipe_memory(bytes.data(), bytes.size());
  }
  return false;
}

// Until both pipes and the program have ended; false when the time is over before.
bool read_all(const Child& child, const Pipe& out, const Pipe& err, SteadyClock::time_point limit,
              ProcessOutcome& outcome) {
  bool out_open = true;
  bool err_open = true;
  while (true) {
    out_open = out_open && drain(out.read, outcome.output);
    err_open = err_open && drain(err.read, outcome.errors);
    const bool ended = WaitForSingleObject(child.process.get(), kPollMs) == WAIT_OBJECT_0;
    if (!out_open && !err_open && ended) return true;
    if (SteadyClock::now() >= limit) return false;
  }
}

}  // namespace

Result<ProcessOutcome> run_program(const std::string& command_line, std::chrono::milliseconds limit) {
  const auto program = program_of(command_line);
  if (!program) return fail(program.error());
  Pipe out = Pipe::make();
  Pipe err = Pipe::make();
  if (!out.read || !err.read)
    return fail(ErrorKind::credentials, "No pipe to the credential_process could be made.");
  const auto until = SteadyClock::now() + limit;
  const auto child = start(command_line, *program, out, err);
  if (!child) return fail(child.error());
  out.write.reset();
  err.write.reset();
  ProcessOutcome outcome;
  outcome.program = *program;
  outcome.output.reserve(64U << 10U);
  outcome.too_slow = !read_all(*child, out, err, until, outcome);
  if (outcome.too_slow) {
    TerminateJobObject(child->job.get(), 1);
    TerminateProcess(child->process.get(), 1);  // where it could not be put into the job
  }
  DWORD status = 1;
  outcome.succeeded =
      !outcome.too_slow && GetExitCodeProcess(child->process.get(), &status) != FALSE && status == 0;
  outcome.errors = narrow(wide(outcome.errors));  // whatever code page it wrote in: text of ours is UTF-8
  return outcome;
}

}  // namespace keyturn::aws
