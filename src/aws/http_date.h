// The Date header of HTTP: "Wed, 21 Oct 2015 07:28:00 GMT".
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace keyturn::aws {

// Whole seconds, as the header has them; nothing where the text is none of that form.
std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace keyturn::aws
