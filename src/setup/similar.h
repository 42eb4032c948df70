// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyturn::setup {

// The candidate that `word` is most likely a misspelling of, or nothing ("").
std::string most_similar(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace keyturn::setup
