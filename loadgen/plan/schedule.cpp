#include "loadgen/plan/schedule.h"

#include <algorithm>
#include <cmath>

namespace yardmaster::loadgen {
namespace {

std::mt19937_64 random_for(std::uint64_t seed, std::string_view workload) {
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(seed),
                                   static_cast<std::uint32_t>(seed >> 32U)};
  for (const char c : workload) words.push_back(static_cast<unsigned char>(c));
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64(sequence);
}

}  // namespace

Schedule::Schedule(Arrivals arrivals, std::chrono::nanoseconds interval, std::uint32_t instances,
                   std::uint64_t seed)
    : arrivals_(arrivals), interval_(interval), instances_(instances), random_(seed) {
  if (arrivals != Arrivals::poisson) return;
  for (std::uint32_t i = 0; i < instances; ++i) heap_.push_back({.offset = gap(), .instance = i});
  std::make_heap(heap_.begin(), heap_.end(), is_later);
  next_ = heap_.front();
}

std::chrono::nanoseconds Schedule::gap() {
  return std::chrono::nanoseconds(
      std::llround(exponential_(random_) * static_cast<double>(interval_.count())));
}

void Schedule::pop() {
  if (arrivals_ == Arrivals::poisson) {
    pop_random();
  } else {
    pop_regular();
  }
}

// Instances take turns in the order of their phases.
void Schedule::pop_regular() {
  if (++next_.instance == instances_) {
    next_.instance = 0;
    ++round_;
  }
  const auto phase = arrivals_ == Arrivals::staggered ? interval_ * next_.instance / instances_
                                                      : std::chrono::nanoseconds::zero();
  next_.offset = interval_ * round_ + phase;
}

void Schedule::pop_random() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  heap_.back().offset += gap();
  std::push_heap(heap_.begin(), heap_.end(), is_later);
  next_ = heap_.front();
}

ScatteredRate::ScatteredRate(double per_second, std::uint64_t seed, std::string_view workload)
    : rate_(per_second), random_(random_for(seed, workload)) {
  place();
}

void ScatteredRate::pop() {
  ++index_;
  place();
}

void ScatteredRate::place() {
  const auto begin = rate_.offset(index_);
  const auto period = static_cast<double>((rate_.offset(index_ + 1) - begin).count());
  next_ =
      begin + std::chrono::nanoseconds(static_cast<std::int64_t>(within_period_(random_) * period));
}

}  // namespace yardmaster::loadgen
