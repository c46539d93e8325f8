// Whether a run that may end early should go on, since what it measures grows: a limit that holds
// now and would not at the end of the longest duration. Pure, any thread.
#pragma once

#include <chrono>
#include <span>

#include "reports/statistics.h"

namespace yardmaster::reports {

// Returns whether a run should go on. `fraction` of the longest duration is what the samples cover,
// in the order of their intended times. True if straight lines through what they show, each as
// steep as it may well be, lead to more than 1 − q of all samples over the limit in all of the
// longest duration, or the quantile q past the limit at its end. With too few samples for a line it
// is false.
bool grows_past(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                double fraction);

}  // namespace yardmaster::reports
