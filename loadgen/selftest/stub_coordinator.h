// A stub coordinator answers as a coordinator would, as far as loadgen's writes and their audit
// need it, but after delays that were planted, and with stalls and losses that were. It runs on a
// thread of its own and keeps what it really did, which the machine may have made later than what
// was planned.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace yardmaster::loadgen {

// Each of these happens to so many instances, to another one each, at an early entry of theirs.
struct PlantedFaults {
  std::uint64_t lost = 0;        // acknowledged and not kept
  std::uint64_t duplicated = 0;  // kept twice
  std::uint64_t swapped = 0;     // kept after the one that follows it
  std::uint64_t unanswered = 0;  // kept and never acknowledged
};

// In a stall nothing is answered before its end. The first begins half a period after the first
// write.
struct PlantedStalls {
  double every_s = 0;  // 0: none
  double length_s = 0;
};

struct Planting {
  // How long a write is to take that comes so many seconds after the first one.
  std::function<double(double at_s, std::mt19937_64& random)> delay_ms = {};
  PlantedStalls stalls = {};
  PlantedFaults faults = {};
  std::uint64_t seed = 1;
};

// How long after its arrival a write was to be answered, stalls included, and was.
struct ServedWrite {
  double planned_ms = 0;
  double served_ms = 0;
};

class StubCoordinator {
 public:
  // Listens at `path`, a Unix socket. Throws Error{unavailable}.
  StubCoordinator(const std::string& path, Planting planting);
  ~StubCoordinator();
  StubCoordinator(const StubCoordinator&) = delete;
  StubCoordinator& operator=(const StubCoordinator&) = delete;

  // Ends the thread, which must not have ended before, and returns the answered writes.
  std::vector<ServedWrite> stop();

 private:
  class Loop;

  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace yardmaster::loadgen
