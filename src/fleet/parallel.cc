#include "fleet/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace keyturn::fleet {

void for_each_bounded(std::size_t count, std::size_t concurrency,
                      const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;  // joined when it is destroyed; this thread takes its turns too
  const std::size_t threads = std::min(count, std::max<std::size_t>(concurrency, 1));
  for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(take_turns);
  take_turns();
}

}  // namespace keyturn::fleet
