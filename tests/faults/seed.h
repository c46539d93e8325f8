// The seed of a test that draws its moments by chance: YARDMASTER_TEST_SEED, else a fresh one.
// Every failure prints it, and with it the test draws the same again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace yardmaster::support {

inline std::uint64_t test_seed() {
  if (const char* given = std::getenv("YARDMASTER_TEST_SEED")) return std::stoull(given);
  return std::random_device()();
}

}  // namespace yardmaster::support
