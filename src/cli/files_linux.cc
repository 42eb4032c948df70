#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/files.h"

namespace keyturn::cli {

Result<int> open_to_append(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(ErrorKind::unavailable, std::strerror(errno));
  return descriptor;
}

void close_file(int descriptor) { close(descriptor); }

void with_file_lock(const std::filesystem::path& lock_file, const std::function<void()>& work) {
  const int lock = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return;
  if (flock(lock, LOCK_EX) == 0) work();
  close(lock);
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorKind::unavailable,
                fmt::format("The folder {} can't be made: {}.", folder.string(), std::strerror(errno)));
  return {};
}

}  // namespace keyturn::cli
