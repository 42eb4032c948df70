// The rows of the decision table (docs/protocol.md), in their order. Internal to rotation/. Each looks at the
// case and proposes an action, or nothing; blockers and later work go to the findings and never stop a later
// row that helps.
#pragma once

#include <optional>

#include "rotation/case.h"

namespace keyturn::rotation {

// A rotation under way: rows 0 to 5.
std::optional<Choice> drop_promoted_label(const Case& world, Findings& findings);  // 1
std::optional<Choice> roll_back(const Case& world, Findings& findings);            // 0: only `rollback`
std::optional<Choice> drop_dead_pending(const Case& world, Findings& findings);    // 2
std::optional<Choice> prove_pending(const Case& world, Findings& findings);        // 3
std::optional<Choice> distribute_pending(const Case& world, Findings& findings);   // 4
std::optional<Choice> promote_pending(const Case& world, Findings& findings);      // 5

// Repair: rows 6 and 7.
std::optional<Choice> repair_targets(const Case& world, Findings& findings);       // 6
std::optional<Choice> reactivate_previous(const Case& world, Findings& findings);  // 7

// Keys that no stage accounts for: rows 8 to 10.
std::optional<Choice> clean_up_orphan(const Case& world, Findings& findings);      // 8
std::optional<Choice> report_foreign_keys(const Case& world, Findings& findings);  // 9
std::optional<Choice> delete_unlabelled(const Case& world, Findings& findings);    // 10

// Retirement: rows 11 and 12.
std::optional<Choice> delete_compromised(const Case& world, Findings& findings);   // 12: only --compromised
std::optional<Choice> deactivate_previous(const Case& world, Findings& findings);  // 11
std::optional<Choice> delete_previous(const Case& world, Findings& findings);      // 12

// A new rotation: rows 13 and 14.
std::optional<Choice> create_key(const Case& world, Findings& findings);         // 13
std::optional<Choice> report_full_slots(const Case& world, Findings& findings);  // 14

}  // namespace keyturn::rotation
