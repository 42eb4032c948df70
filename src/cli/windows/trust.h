// Whether a folder or file of %ProgramData% can be the work of somebody who is no administrator. Every user
// can make folders there, and so prepare one for a program that runs as SYSTEM. Pure functions of what
// Windows tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace keyturn::cli {

// One entry of an access list; `who` as "S-1-5-32-544".
struct Access {
  std::string who;
  std::uint32_t mask = 0;
  bool denies = false;
  bool only_inherited = false;  // counts for what is made below, not for the thing itself
};

struct Ownership {
  std::string name;  // for messages
  std::string owner;
  std::string self;      // the account that runs keyturn
  bool is_link = false;  // a junction, a symbolic link, any reparse point
  bool is_folder = false;
  std::uint32_t names = 1;    // hard links
  bool everyone_may = false;  // no access list at all
  std::vector<Access> access;
};

// Refuses a link, a second name of a file, and an owner other than the system, its administrators, the
// installer of Windows or the account that runs keyturn. Rights are not looked at: an owner like these can
// set them right.
Result<void> check_origin(const Ownership& thing);

// The same, and nobody else may change it either.
Result<void> check_untouchable(const Ownership& thing);

}  // namespace keyturn::cli
