// Says in words what a report means to somebody who reads only that: does it hold, by how much,
// what comes nearest to its limit, may one trust it, how does one repeat it. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

struct Answer {
  std::string question;
  std::string text;
};

struct Meaning {
  Verdict verdict = Verdict::inconclusive;
  std::string headline;  // "This machine carries 25 instances on SQLite."
  std::vector<Answer> answers;
};

Meaning meaning_of(const Report& report);

// Returns how many instances the machine has room for by the CPU time that a run took, counting all
// of it as theirs, if that is at least a tenth more than it had; else 0.
std::uint64_t room_of(const Run& run, const Environment& environment);

// Returns the quantile of the measurement that a target is judged at, in milliseconds, at its most:
// with the upper end of the interval where that is known. Nothing without samples.
std::optional<double> most_of(const Run& run, const TargetResult& target);

}  // namespace yardmaster::reports
