// Trials hold what loadgen reports against what was planted: each starts loadgen itself, as anybody
// would, against a stub coordinator whose delays, stalls, drift and losses are known. Main thread.
// Throws Error when loadgen cannot be run, and Abandoned when it is interrupted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/run/interrupts.h"
#include "loadgen/selftest/stub_coordinator.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

// One thing that was planted, what the report says of it, and whether that is allowed.
struct TrialFinding {
  std::string trial;
  std::string subject;
  std::string planted;
  std::string reported;
  std::string allowed;
  bool holds = false;
};

// How often the report's interval of the P99 held the P99 that was planted.
struct TrialCoverage {
  std::string samples;  // which delays
  std::uint64_t runs = 0;
  std::uint64_t covered = 0;
  bool holds = false;  // not significantly fewer than 95%
};

class Trials {
 public:
  explicit Trials(Interrupts& interrupts) : interrupts_(interrupts) {}

  // Delays of a known distribution: counts, quantiles, and Little's law.
  std::vector<TrialFinding> quantiles();
  // Entries that are lost, doubled, swapped and never acknowledged.
  std::vector<TrialFinding> faults();
  // Stalls, which must be seen by all writes that they hold up.
  std::vector<TrialFinding> stalls();
  // Delays that grow past the limit only late in the run, which must not end with a pass before.
  std::vector<TrialFinding> drift();
  // A generator that is stopped again and again, which is no fault of what it measures.
  std::vector<TrialFinding> pauses();

  // Many short runs: independent delays, or such that each is like the one before.
  TrialCoverage coverage(std::uint64_t runs, bool alike);

 private:
  struct Trial {
    Planting planting;
    std::vector<std::string> flags;
    double stopped_every_s = 0;  // the generator; 0: it is not
    double stopped_for_s = 0;
  };
  struct Outcome {
    reports::Run run;
    std::vector<ServedWrite> served;
    std::vector<double> stops_s;  // how long each really was
  };

  Outcome run(const Trial& trial);

  Interrupts& interrupts_;
  std::uint64_t seed_ = 1;
};

}  // namespace yardmaster::loadgen
