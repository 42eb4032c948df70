// Work on many things at once, but on no more than so many.
#pragma once

#include <cstddef>
#include <functional>

namespace keyturn::fleet {

// Calls work(0) … work(count - 1), each once, on up to `concurrency` threads (at least 1), and returns when
// all have returned. `work` must not throw.
void for_each_bounded(std::size_t count, std::size_t concurrency,
                      const std::function<void(std::size_t)>& work);

}  // namespace keyturn::fleet
