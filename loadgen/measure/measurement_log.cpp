#include "loadgen/measure/measurement_log.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {

SampleLog::SampleLog() : chunks_(most_chunks) {}

std::uint64_t SampleLog::add() {
  const std::uint64_t index = size_.load(std::memory_order_relaxed);
  if (index % chunk_size == 0) {
    if (index / chunk_size == most_chunks) {
      throw Error(ErrorCode::unsupported, "a run has more samples than loadgen can keep");
    }
    chunk_of(index) = Chunk(chunk_size);
  }
  set(index, reports::unanswered);
  size_.store(index + 1, std::memory_order_release);
  return index;
}

std::vector<reports::Sample> SampleLog::first(std::uint64_t count) const {
  std::vector<reports::Sample> samples(std::min(count, size()));
  for (std::uint64_t i = 0; i < samples.size(); ++i) {
    samples[i] = chunk_of(i)[i % chunk_size].load(std::memory_order_relaxed);
  }
  return samples;
}

std::uint64_t SampleLog::answered_from(std::uint64_t index, std::uint64_t end) const {
  end = std::min(end, size());
  while (index < end) {
    const auto sample = chunk_of(index)[index % chunk_size].load(std::memory_order_relaxed);
    if (sample == reports::unanswered) break;
    ++index;
  }
  return index;
}

MeasurementLog::MeasurementLog(Offset from, std::vector<Offset> boundaries)
    : from_(from), boundaries_(std::move(boundaries)) {
  boundaries_.resize(std::min(boundaries_.size(), boundary_index_.size()));
  for (auto& index : boundary_index_) index = UINT64_MAX;
}

std::uint64_t MeasurementLog::begin(Offset intended) {
  if (intended < from_) return not_measured;
  pass_boundaries(intended);
  service_.add();
  intended_.set(intended_.add(), reports::to_sample(intended));
  return latency_.add();
}

void MeasurementLog::send(std::uint64_t index) {
  if (index == not_measured) return;
  change_flights(+1);
  sent_.fetch_add(1, std::memory_order_relaxed);
}

void MeasurementLog::withdraw(std::uint64_t index) {
  if (index == not_measured) return;
  change_flights(-1);
  sent_.fetch_sub(1, std::memory_order_relaxed);
}

void MeasurementLog::finish(std::uint64_t index, std::chrono::nanoseconds latency,
                            std::chrono::nanoseconds service) {
  if (index == not_measured) return;
  change_flights(-1);
  record(index, latency, service);
}

void MeasurementLog::change_flights(std::int64_t change) {
  const auto now = std::chrono::steady_clock::now();
  time_in_flight_ += in_flight_ * (now - flights_changed_);
  flights_changed_ = now;
  in_flight_ += change;
}

void MeasurementLog::record(std::uint64_t index, std::chrono::nanoseconds latency,
                            std::chrono::nanoseconds service) {
  service_.set(index, reports::to_sample(service));
  latency_.set(index, reports::to_sample(latency));
  latency_histogram_.record(latency);
  service_histogram_.record(service);
  finished_.fetch_add(1, std::memory_order_relaxed);
}

void MeasurementLog::add(Offset at, std::chrono::nanoseconds duration) {
  const std::uint64_t index = begin(at);
  if (index != not_measured) record(index, duration, duration);
}

std::vector<reports::Sample> MeasurementLog::latency_before(std::size_t boundary) const {
  return latency_.first(count_before(boundary));
}

std::vector<reports::Sample> MeasurementLog::service_before(std::size_t boundary) const {
  return service_.first(count_before(boundary));
}

std::vector<reports::Sample> MeasurementLog::intended_before(std::size_t boundary) const {
  return intended_.first(std::min(count_before(boundary), latency_.size()));
}

bool MeasurementLog::is_answered_before(std::size_t boundary, std::uint64_t& known) const {
  const std::uint64_t end = std::min(count_before(boundary), latency_.size());
  known = latency_.answered_from(known, end);
  return known >= end;
}

void MeasurementLog::pass_boundaries(Offset intended) {
  while (next_boundary_ < boundaries_.size() && intended >= boundaries_[next_boundary_]) {
    boundary_index_[next_boundary_].store(latency_.size(), std::memory_order_release);
    ++next_boundary_;
  }
}

std::uint64_t MeasurementLog::count_before(std::size_t boundary) const {
  return boundary < boundary_index_.size()
             ? boundary_index_[boundary].load(std::memory_order_acquire)
             : UINT64_MAX;
}

}  // namespace yardmaster::loadgen
