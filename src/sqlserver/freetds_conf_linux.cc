#include "sqlserver/freetds_conf.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace keyturn::sqlserver {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "freetds.conf";

std::string whole_seconds(Duration duration) {
  return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count()));
}

// A line of the file ends a value, and ';' or '#' may begin a comment.
bool safe_in_conf(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != ';' && c != '#' && c != '[' && c != ']';
  });
}

bool write_private_file(const fs::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return false;
  const ssize_t written = ::write(file, text.data(), text.size());
  return (::close(file) == 0) && written == static_cast<ssize_t>(text.size());
}

std::string section_text(const FreetdsServer& server) {
  std::string text = "host = " + server.host + "\nport = " + std::to_string(server.port) +
                     "\ntds version = 7.4\nencryption = require\nclient charset = UTF-8\nconnect timeout = " +
                     whole_seconds(server.timeout) + "\ntimeout = " + whole_seconds(server.timeout) + "\n";
  // Without a CA file FreeTDS checks nothing at all; "system" stands for the system's CAs.
  if (server.check_certificate) {
    text += "ca file = " + (server.ca_file.empty() ? "system" : server.ca_file) +
            "\ncheck certificate hostname = " + (server.check_name ? "yes" : "no") + "\n";
  }
  return text;
}

}  // namespace

Result<std::shared_ptr<FreetdsConf>> FreetdsConf::shared() {
  static std::mutex mutex;
  static std::weak_ptr<FreetdsConf> current;
  const std::lock_guard lock(mutex);
  if (std::shared_ptr<FreetdsConf> conf = current.lock()) return conf;

  std::error_code ignored;
  std::string folder = (fs::temp_directory_path(ignored) / "keyturn-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {  // mode 0700
    return fail(ErrorKind::unavailable,
                "No private folder can be made in " + fs::path(folder).parent_path().string() + ".",
                "Set TMPDIR to a folder that can be written.");
  }
  std::shared_ptr<FreetdsConf> conf(new FreetdsConf(folder));
  ::setenv("FREETDSCONF", (conf->folder_ / kFileName).c_str(), 1);
  current = conf;
  return conf;
}

FreetdsConf::~FreetdsConf() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Result<FreetdsConf::Section> FreetdsConf::add(const FreetdsServer& server) {
  if (server.host.empty() || !safe_in_conf(server.host) || server.host.find(' ') != std::string::npos) {
    return fail(ErrorKind::usage, "\"" + server.host + "\" is not a host name.",
                "Give a DNS name or an IP address.");
  }
  if (server.check_certificate && !server.ca_file.empty() &&
      (!safe_in_conf(server.ca_file) || ::access(server.ca_file.c_str(), R_OK) != 0)) {
    return fail(ErrorKind::usage, "The CA file \"" + server.ca_file + "\" can't be read.",
                "sql.ca_file names a PEM file with the CA that signed the SQL Servers' certificates.");
  }
  const std::lock_guard lock(mutex_);
  std::string name = "keyturn" + std::to_string(++last_number_);
  sections_[name] = section_text(server);
  if (!write_locked()) {
    sections_.erase(name);
    return fail(ErrorKind::unavailable,
                "The FreeTDS configuration in " + folder_.string() + " can't be written.",
                "Is the disk full?");
  }
  return Section(*this, std::move(name));
}

FreetdsConf::Section::~Section() {
  if (conf_ == nullptr) return;
  const std::lock_guard lock(conf_->mutex_);
  conf_->sections_.erase(name_);  // the file follows with the next section
}

// Replaced as a whole by rename(): another thread's FreeTDS may be reading it.
bool FreetdsConf::write_locked() const {
  std::string text;
  for (const auto& [name, section] : sections_) text += "[" + name + "]\n" + section;
  const fs::path next = folder_ / "next.conf";
  std::error_code error;
  if (!write_private_file(next, text)) return false;
  fs::rename(next, folder_ / kFileName, error);
  return !error;
}

}  // namespace keyturn::sqlserver
