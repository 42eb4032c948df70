// Which processes run for whom, so that a fault can kill them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lab/process.h"

namespace keyturn::lab {

// Thread-safe. Whoever started a process owns it; the table only knows of it while it lives.
class ProcessTable {
 public:
  // `owner`: the session name of the role that the process acts with: an instance id, a function's name.
  Result<std::shared_ptr<Process>> start(const std::string& owner, const ProcessSpec& spec);
  void kill_all_of(const std::string& owner);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::weak_ptr<Process>>> processes_;
};

}  // namespace keyturn::lab
