// Dates as HTTP headers write them.
#pragma once

#include <string>

#include "base/time.h"

namespace keyturn::sim {

std::string http_date(TimePoint time);  // "Fri, 02 Jan 2026 03:04:05 GMT"

}  // namespace keyturn::sim
