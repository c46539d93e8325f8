// A measurement log holds what a run measures, sample by sample in the order of the intended times,
// and in histograms.
//
// One thread at a time writes a log (the generator's, or the workload's own); any thread may read
// beside it: the samples of a look lie before a boundary that is known in advance, and are final
// once they are answered.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/histogram.h"
#include "reports/statistics.h"

namespace yardmaster::loadgen {

using Offset = std::chrono::nanoseconds;  // since the start of the run

// Samples that never move, so that they are read while more are added.
class SampleLog {
 public:
  SampleLog();

  // Adds a sample that is not answered yet.
  std::uint64_t add();
  void set(std::uint64_t index, reports::Sample sample) {
    chunk_of(index)[index % chunk_size].store(sample, std::memory_order_relaxed);
  }
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  // The first in [index, end) that is not answered; where the search ends if there is none.
  std::uint64_t answered_from(std::uint64_t index, std::uint64_t end) const;
  std::vector<reports::Sample> first(std::uint64_t count) const;

 private:
  static constexpr std::size_t chunk_size = std::size_t{1} << 16U;
  static constexpr std::size_t most_chunks = std::size_t{1} << 15U;  // two billion samples
  using Chunk = std::vector<std::atomic<reports::Sample>>;

  Chunk& chunk_of(std::uint64_t index) { return chunks_[index / chunk_size]; }
  const Chunk& chunk_of(std::uint64_t index) const { return chunks_[index / chunk_size]; }

  std::vector<Chunk> chunks_;  // of fixed size; filled as needed
  std::atomic<std::uint64_t> size_{0};
};

class MeasurementLog {
 public:
  // `from`: earlier ones are warm-up and not kept. `boundaries`: of the looks, rising.
  MeasurementLog(Offset from, std::vector<Offset> boundaries);

  static constexpr std::uint64_t not_measured = UINT64_MAX;

  // A request is due whose intended time is `intended`; calls come in the order of these. The
  // result names it in what follows.
  std::uint64_t begin(Offset intended);
  // The request goes out and is in flight from here on.
  void send(std::uint64_t index);
  // The request came back undone, and goes out again later.
  void withdraw(std::uint64_t index);
  // A request that went out was answered. A sample that is never finished counts as unanswered.
  void finish(std::uint64_t index, std::chrono::nanoseconds latency,
              std::chrono::nanoseconds service);
  // The generator was so late, by its own doing, for what was due at `intended`. Any thread.
  void note_lag(Offset intended, std::chrono::nanoseconds lag) {
    if (intended >= from_) lag_histogram_.record(lag);
  }
  // Adds a sample that is no request and has no intended time: it took so long and was seen at
  // `at`.
  void add(Offset at, std::chrono::nanoseconds duration);

  // Samples before the boundary, or all when it was not reached. Intended times are since the start
  // of the run.
  std::vector<reports::Sample> latency_before(std::size_t boundary) const;
  std::vector<reports::Sample> service_before(std::size_t boundary) const;
  // Returns whether all samples before the boundary are answered. `known`, 0 at first, keeps how
  // many were found to be, so that asking again costs little.
  bool is_answered_before(std::size_t boundary, std::uint64_t& known) const;
  std::vector<reports::Sample> intended_before(std::size_t boundary) const;
  std::vector<reports::Sample> latency() const { return latency_.first(latency_.size()); }
  std::vector<reports::Sample> service() const { return service_.first(service_.size()); }
  std::vector<reports::Sample> intended() const { return intended_.first(latency_.size()); }

  const metrics::Histogram& latency_histogram() const { return latency_histogram_; }
  const metrics::Histogram& service_histogram() const { return service_histogram_; }
  const metrics::Histogram& lag_histogram() const { return lag_histogram_; }
  std::uint64_t due() const { return latency_.size(); }
  // Returns how many of them went out.
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  // Returns the requests in flight, integrated over the time by a clock of its own: an account that
  // must agree with the samples. Call it when nothing is written any more.
  std::chrono::nanoseconds time_in_flight() const { return time_in_flight_; }
  std::uint64_t finished() const { return finished_.load(std::memory_order_relaxed); }

 private:
  void pass_boundaries(Offset intended);
  void record(std::uint64_t index, std::chrono::nanoseconds latency,
              std::chrono::nanoseconds service);
  void change_flights(std::int64_t change);
  std::uint64_t count_before(std::size_t boundary) const;

  Offset from_;
  std::vector<Offset> boundaries_;
  std::size_t next_boundary_ = 0;
  std::array<std::atomic<std::uint64_t>, 8> boundary_index_;
  SampleLog intended_;
  SampleLog latency_;
  SampleLog service_;
  metrics::Histogram latency_histogram_;
  metrics::Histogram service_histogram_;
  metrics::Histogram lag_histogram_;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> finished_{0};
  std::int64_t in_flight_ = 0;
  std::chrono::nanoseconds time_in_flight_{};
  std::chrono::steady_clock::time_point flights_changed_{};
};

// Checkpoints come when the coordinator decides, not at an intended time.
inline bool has_intended_time(std::string_view measurement) { return measurement != "checkpoint"; }

// Errors by code, of one thread.
using ErrorCounts = std::map<std::string, std::uint64_t, std::less<>>;

}  // namespace yardmaster::loadgen
