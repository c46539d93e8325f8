// A schedule says when each simulated instance is due to write, as offsets from the start of the
// run. Nothing that happens in the run changes it: that is what makes the loop open. Plain
// arithmetic, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

struct Due {
  std::chrono::nanoseconds offset{};
  std::uint32_t instance = 0;
};

// This order makes the front of a heap be due first; of two at the same moment, the lower instance
// comes first.
inline bool is_later(const Due& a, const Due& b) {
  return a.offset != b.offset ? a.offset > b.offset : a.instance > b.instance;
}

class Schedule {
 public:
  // The gaps of poisson arrivals follow from the seed.
  Schedule(Arrivals arrivals, std::chrono::nanoseconds interval, std::uint32_t instances,
           std::uint64_t seed);

  // The next due write; offsets never fall, and every instance's k-th one is exactly where the
  // arrivals put it: nothing drifts and nothing is left out. Constant or logarithmic time.
  const Due& next() const { return next_; }
  void pop();

 private:
  void pop_regular();
  void pop_random();
  std::chrono::nanoseconds gap();

  Arrivals arrivals_;
  std::chrono::nanoseconds interval_;
  std::uint32_t instances_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> exponential_{1.0};
  Due next_;
  std::int64_t round_ = 0;  // regular arrivals: whole intervals so far
  std::vector<Due> heap_;   // random arrivals: by offset, then by instance
};

// A steady rate is a stream of starts of which the k-th is at k/rate.
class SteadyRate {
 public:
  explicit SteadyRate(double per_second) : per_second_(per_second) {}
  std::chrono::nanoseconds offset(std::uint64_t index) const {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(index) * 1e9 / per_second_));
  }

 private:
  double per_second_;
};

// A scattered rate puts each start at a random moment of its own period. Workloads that run beside
// one another at rates that divide each other would otherwise meet at the same phase for a whole
// run, and each measurement would see one phase only. Scattered starts see all of them evenly, and
// any time holds as many starts as its length says, or one more.
class ScatteredRate {
 public:
  // The moments follow from the seed and the workload's name. The rate must be above 0.
  ScatteredRate(double per_second, std::uint64_t seed, std::string_view workload);

  // Returns the next start; offsets never fall.
  std::chrono::nanoseconds next() const { return next_; }
  void pop();

 private:
  void place();

  SteadyRate rate_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> within_period_{0.0, 1.0};
  std::uint64_t index_ = 0;
  std::chrono::nanoseconds next_{};
};

}  // namespace yardmaster::loadgen
