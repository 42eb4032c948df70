#include "lab/wine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace keyturn::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDebianWine = "/usr/lib/wine/wine64";
constexpr auto kPause = std::chrono::milliseconds{5};
constexpr auto kPatience = std::chrono::minutes{3};  // of any program of Wine's
constexpr const char* kTemplate = "template";
constexpr const char* kComplete = "complete";  // a file in the template

// Ends what runs in the prefixes below $1, and removes them, once nobody holds the lock; with $3 only if
// nobody holds it now.
constexpr const char* kCleanUp = R"(exec 9< "$1/lock" || exit 0
flock $3 9 || exit 0
for prefix in "$1"/*/; do
  [ -d "$prefix/dosdevices" ] || continue
  WINEPREFIX=${prefix%/}; export WINEPREFIX
  "$2" -k; "$2" -w
done
rm -rf "$1"
)";

Error broken(const std::string& what) {
  return {ErrorKind::unavailable,
          Effect::none,
          {},
          what,
          "keyturn-lab works without Wine, too: leave out --windows-keyturn."};
}

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::optional<int> wait(Process& process) {
  std::optional<int> status;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!(status = process.poll()) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(kPause);
  return status;
}

// Wine's own services inherit the outputs of what starts them; so these are files, or nothing.
Result<void> run_to_its_end(ProcessSpec spec, const fs::path& outputs) {
  static std::atomic<unsigned> count{0};
  const std::string stem = (outputs / ("output-" + std::to_string(++count))).string();
  spec.stdout_file = stem + ".out";
  spec.stderr_file = stem + ".err";
  const auto process = Process::start(spec);
  if (!process) return tl::unexpected(process.error());
  const auto status = wait(**process);
  const std::string said = content_of(spec.stdout_file) + content_of(spec.stderr_file);
  std::error_code ignored;
  fs::remove(spec.stdout_file, ignored);
  fs::remove(spec.stderr_file, ignored);
  if (status == 0) return {};
  std::string words;
  for (const std::string& word : spec.command) words += (words.empty() ? "" : " ") + word;
  return fail(broken("`" + words + "` ended with " +
                     (status ? "exit status " + std::to_string(*status) : "no end") + ": " + said));
}

std::string made_folder(const fs::path& folder, const char* name) {
  std::string made = (folder / name).string();
  return ::mkdtemp(made.data()) == nullptr ? "" : made;
}

fs::path usual_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "keyturn-lab/wine";
  return (home != nullptr && *home == '/' ? fs::path(home) / ".cache" : fs::temp_directory_path()) /
         "keyturn-lab/wine";
}

}  // namespace

std::string windows_path(const fs::path& path) {
  std::string text = "Z:" + fs::absolute(path).string();
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
}

Result<std::unique_ptr<Wine>> Wine::open(const WineSettings& settings) {
  const fs::path program = settings.program.empty() ? kDebianWine : fs::absolute(settings.program);
  fs::path server;
  for (const char* name : {"wineserver64", "wineserver"})
    if (server.empty() && ::access((program.parent_path() / name).c_str(), X_OK) == 0)
      server = program.parent_path() / name;
  if (::access(program.c_str(), X_OK) != 0 || server.empty())
    return fail(ErrorKind::usage,
                "There is no Wine at " + program.string() + ", with its wineserver beside it.",
                "Install it (on Debian: wine64), or say where it is: --wine PATH.");
  const fs::path folder = settings.folder.empty() ? usual_folder() : fs::absolute(settings.folder);
  std::unique_ptr<Wine> wine(new Wine(program, server, folder));
  if (auto made = wine->make_own_folder(); !made) return tl::unexpected(made.error());
  if (auto removed = wine->remove_what_others_left(); !removed) return tl::unexpected(removed.error());
  if (auto made = wine->make_template(); !made) return tl::unexpected(made.error());
  return wine;
}

Wine::~Wine() {
  if (lock_ >= 0) ::close(lock_);
  if (guardian_) (void)wait(*guardian_);
}

// It is locked before it has a name by which others would look at it.
Result<void> Wine::make_own_folder() {
  std::error_code problem;
  fs::create_directories(folder_, problem);
  const fs::path made = made_folder(folder_, "new-XXXXXX");
  if (made.empty()) return fail(broken("The lab can't write to " + folder_.string() + "."));
  lock_ = ::open((made / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  own_ = folder_ / ("lab-" + made.filename().string().substr(4));
  if (lock_ < 0 || ::flock(lock_, LOCK_EX) != 0 || ::rename(made.c_str(), own_.c_str()) != 0)
    return fail(broken("The lab can't make a folder in " + folder_.string() + "."));
  auto guardian = Process::start({{"/bin/sh", "-c", kCleanUp, "guardian", own_.string(), server_.string()},
                                  {{"PATH", "/usr/bin:/bin"}},
                                  "/",
                                  "/dev/null",
                                  "/dev/null"});
  if (!guardian) return tl::unexpected(guardian.error());
  guardian_ = *std::move(guardian);
  return {};
}

// Of labs whose guardian was killed as well.
Result<void> Wine::remove_what_others_left() const {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder_, problem)) {
    if (!entry.path().filename().string().starts_with("lab-") || entry.path() == own_) continue;
    auto removed = run_to_its_end(
        {{"/bin/sh", "-c", kCleanUp, "clean-up", entry.path().string(), server_.string(), "-n"},
         {{"PATH", "/usr/bin:/bin"}},
         "/",
         {},
         {}},
        own_);
    if (!removed) return removed;
  }
  return {};
}

std::map<std::string, std::string> Wine::environment(const fs::path& prefix) const {
  return {{"WINEPREFIX", prefix.string()},
          {"WINEDEBUG", "-all"},
          // No menus, neither .NET nor a browser to be offered, no window.
          {"WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe="},
          {"DISPLAY", ""},
          {"HOME", folder_.string()},
          {"LANG", "C.UTF-8"},
          {"PATH", "/usr/bin:/bin"}};
}

Result<void> Wine::run_in(const fs::path& prefix, const std::vector<std::string>& command) const {
  return run_to_its_end({command, environment(prefix), own_, {}, {}}, own_);
}

Result<void> Wine::run(const fs::path& prefix, const std::vector<std::string>& command) const {
  std::vector<std::string> words{program_.string()};
  words.insert(words.end(), command.begin(), command.end());
  return run_in(prefix, words);
}

Result<void> Wine::make_template() const {
  if (fs::exists(folder_ / kTemplate / kComplete)) return {};
  const fs::path made = own_ / kTemplate;
  if (auto booted = run(made, {"cmd", "/c", "ver"}); !booted) return booted;
  if (auto ended = run_in(made, {server_.string(), "-w"}); !ended) return ended;  // the registry is written
  std::ofstream(made / kComplete).flush();
  std::error_code problem;
  fs::rename(made, folder_ / kTemplate, problem);
  if (problem && !fs::exists(folder_ / kTemplate / kComplete))  // nor was another lab quicker
    return fail(
        broken("The lab can't make " + (folder_ / kTemplate).string() + ": " + problem.message() + "."));
  return {};
}

Result<fs::path> Wine::make_prefix(const std::string& name) {
  const fs::path prefix = own_ / name;
  const fs::path original = folder_ / kTemplate;
  if (auto copied = run_in(prefix, {"/bin/cp", "-al", original.string(), prefix.string()}); !copied)
    return tl::unexpected(copied.error());
  for (const char* hive : {"system.reg", "user.reg", "userdef.reg"}) {
    std::error_code problem;
    fs::remove(prefix / hive, problem);
    if (!problem) fs::copy_file(original / hive, prefix / hive, problem);
    if (problem) return fail(broken("The lab can't write " + (prefix / hive).string() + "."));
  }
  // Services would end a second after the last program; a server that stays keeps them.
  if (auto up = run_in(prefix, {server_.string(), "-p"}); !up) return tl::unexpected(up.error());
  if (auto booted = run(prefix, {"cmd", "/c", "ver"}); !booted) return tl::unexpected(booted.error());
  return prefix;
}

}  // namespace keyturn::lab
