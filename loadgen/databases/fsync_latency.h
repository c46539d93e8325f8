// The value of --fsync-latency: how much slower than the disk each fsync and fdatasync of the store
// is to be. A plain value, any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "loadgen/faults/delay_distribution.h"

namespace yardmaster::loadgen {

struct FsyncLatency {
  DelayDistribution distribution;

  bool none() const { return distribution.shape == DelayDistribution::Shape::none; }
  std::chrono::nanoseconds median() const {
    return std::chrono::nanoseconds(distribution.median_ns());
  }
  // Returns the text as parse_fsync_latency() reads it; empty for none.
  std::string text() const;

  bool operator==(const FsyncLatency&) const = default;
};

// "5ms", "uniform:1ms..9ms" or "lognormal:5ms,p99=30ms" (median and P99), each at most 1 s; "0ms"
// is none. Throws Error{usage} with what is wrong.
FsyncLatency parse_fsync_latency(std::string_view text);

// Its text, and "0ms" for none.
std::string name_of(const FsyncLatency& latency);

}  // namespace yardmaster::loadgen
