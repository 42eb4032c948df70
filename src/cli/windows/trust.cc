#include "cli/windows/trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyturn::cli {
namespace {

// "Well-known SIDs" and "TrustedInstaller" of Microsoft's documentation.
constexpr std::array kTrusted{
    "S-1-5-18",                                                         // the system
    "S-1-5-32-544",                                                     // Administrators
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"};  // the installer of Windows

// What changes a file or folder, or its rights: WRITE_DATA (ADD_FILE), APPEND_DATA (ADD_SUBDIRECTORY),
// WRITE_EA, DELETE_CHILD, WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL, GENERIC_WRITE.
constexpr std::uint32_t kChanges =
    0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;

bool is_trusted(const Ownership& thing, const std::string& who) {
  return (!thing.self.empty() && who == thing.self) ||
         std::find(kTrusted.begin(), kTrusted.end(), who) != kTrusted.end();
}

Error refused(const Ownership& thing, std::string_view why, std::string hint) {
  return {ErrorKind::usage, Effect::none, "",
          fmt::format("The {} {} {}, so that somebody other than an administrator may have prepared it.",
                      thing.is_folder ? "folder" : "file", thing.name, why),
          std::move(hint)};
}

}  // namespace

Result<void> check_origin(const Ownership& thing) {
  const char* const hint = "Look what it is, and remove it as an administrator.";
  if (thing.is_link) return fail(refused(thing, "is a link to another place", hint));
  if (!thing.is_folder && thing.names > 1) return fail(refused(thing, "has a second name elsewhere", hint));
  if (!is_trusted(thing, thing.owner))
    return fail(refused(thing, fmt::format("belongs to {}", thing.owner), hint));
  return {};
}

Result<void> check_untouchable(const Ownership& thing) {
  if (const auto origin = check_origin(thing); !origin) return origin;
  const auto may_change = [&](const Access& access) {
    return !access.denies && !access.only_inherited && (access.mask & kChanges) != 0 &&
           !is_trusted(thing, access.who);
  };
  const auto found = std::find_if(thing.access.begin(), thing.access.end(), may_change);
  if (found == thing.access.end() && !thing.everyone_may) return {};
  return fail(refused(
      thing, fmt::format("can be changed by {}", thing.everyone_may ? "everyone" : found->who),
      fmt::format(
          "As an administrator, look whether it is as you want it, then: icacls \"{}\" /inheritance:r "
          "/grant *S-1-5-18:F *S-1-5-32-544:F",
          thing.name)));
}

}  // namespace keyturn::cli
