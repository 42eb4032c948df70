// Names that know no case, as those of instances, services and registry keys: ASCII letters alone are folded.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace keyturn::host {

inline std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return low;
}

inline bool same_name(std::string_view a, std::string_view b) { return lowered(a) == lowered(b); }

}  // namespace keyturn::host
