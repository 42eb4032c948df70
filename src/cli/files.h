// Files as the program's own log needs them.
#pragma once

#include <filesystem>
#include <functional>

#include "base/error.h"

namespace keyturn::cli {

// A descriptor for write_all(): each write goes to the end of the file, whoever else writes to it. Where
// there is no such file it is made, on Linux for its owner alone. The error's message is the system's reason
// only.
Result<int> open_to_append(const std::filesystem::path& file);
void close_file(int descriptor);

// Runs `work` while no other process runs its own under the same lock file, which is made where there is
// none. Where that lock can't be had, nothing is run.
void with_file_lock(const std::filesystem::path& lock_file, const std::function<void()>& work);

// A folder for the log, and the folder that it lies in, made where there are none: for root alone (0700), or
// on Windows for the system and its administrators alone, which is also seen to where the folders exist
// already. There it refuses what somebody else may have prepared: a folder of another owner, a link, a file
// with a second name.
Result<void> make_private_folder(const std::filesystem::path& folder);

}  // namespace keyturn::cli
