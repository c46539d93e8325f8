#include "loadgen/schedule.h"

#include <algorithm>
#include <cmath>

namespace yardmaster::loadgen {
namespace {

bool earlier(const Due& a, const Due& b) {
  return a.offset != b.offset ? a.offset < b.offset : a.instance < b.instance;
}

}  // namespace

Schedule::Schedule(Arrivals arrivals, std::chrono::nanoseconds interval, std::uint32_t instances,
                   std::uint64_t seed)
    : arrivals_(arrivals), interval_(interval), instances_(instances), random_(seed) {
  heap_.reserve(instances);
  for (std::uint32_t i = 0; i < instances; ++i) {
    const auto first = arrivals == Arrivals::poisson ? gap() : phase(i);
    heap_.push_back({.due = {.offset = first, .instance = i}, .count = 0});
  }
  // Sorted is a heap too.
  std::sort(heap_.begin(), heap_.end(),
            [](const Slot& a, const Slot& b) { return earlier(a.due, b.due); });
}

std::chrono::nanoseconds Schedule::phase(std::uint32_t instance) const {
  if (arrivals_ != Arrivals::staggered) return std::chrono::nanoseconds::zero();
  return interval_ * instance / instances_;
}

std::chrono::nanoseconds Schedule::gap() {
  return std::chrono::nanoseconds(
      std::llround(exponential_(random_) * static_cast<double>(interval_.count())));
}

void Schedule::pop() {
  Slot& slot = heap_.front();
  ++slot.count;
  if (arrivals_ == Arrivals::poisson) {
    slot.due.offset += gap();
  } else {
    slot.due.offset = phase(slot.due.instance) + interval_ * static_cast<std::int64_t>(slot.count);
  }
  sink();
}

void Schedule::sink() {
  std::size_t place = 0;
  const Slot moving = heap_.front();
  while (true) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && earlier(heap_[child + 1].due, heap_[child].due)) ++child;
    if (!earlier(heap_[child].due, moving.due)) break;
    heap_[place] = heap_[child];
    place = child;
  }
  heap_[place] = moving;
}

}  // namespace yardmaster::loadgen
