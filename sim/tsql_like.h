// LIKE's patterns: %, _, [a-z], [^a-z] and an escape character; without case.
#pragma once

#include <string>

namespace keyturn::sim {

bool like(const std::string& text, const std::string& pattern, const std::string& escape = {});

}  // namespace keyturn::sim
