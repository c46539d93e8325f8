#include "loadgen/direct/instance_schedule.h"

#include <algorithm>

namespace yardmaster::loadgen {
namespace {

// Far apart for neighbouring instances; the odd factor is 2^64 divided by the golden ratio.
std::uint64_t seed_of(std::uint64_t seed, std::uint32_t instance) {
  return seed ^ ((instance + std::uint64_t{1}) * 0x9e3779b97f4a7c15U);
}

}  // namespace

InstanceSchedule::InstanceSchedule(const ArrivalPlan& plan, std::uint32_t instance)
    : phase_(plan.arrivals == Arrivals::staggered ? plan.interval * instance / plan.instances
                                                  : std::chrono::nanoseconds::zero()),
      schedule_(plan.arrivals, plan.interval, 1, seed_of(plan.seed, instance)) {}

MergedSchedule::MergedSchedule(const ArrivalPlan& plan) {
  for (std::uint32_t i = 0; i < plan.instances; ++i) {
    schedules_.emplace_back(plan, i);
    heap_.push_back({.offset = schedules_.back().next(), .instance = i});
  }
  std::make_heap(heap_.begin(), heap_.end(), is_later);
}

void MergedSchedule::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  Due& due = heap_.back();
  schedules_[due.instance].pop();
  due.offset = schedules_[due.instance].next();
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

}  // namespace yardmaster::loadgen
