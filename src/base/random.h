// Randomness, behind one seam so that a seed replays a run.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace keyturn {

// Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  double unit();       // in [0, 1)
  std::string uuid();  // version 4
};

// The operating system's generator.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// The same numbers for the same seed: tests and simulation only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace keyturn
