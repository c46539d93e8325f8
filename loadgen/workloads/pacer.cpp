#include "loadgen/workloads/pacer.h"

#include <algorithm>
#include <utility>

namespace yardmaster::loadgen {

using std::chrono::steady_clock;

Pacer::Pacer(EventLoop& loop, ScatteredRate rate, Begin begin, NoteLag note_lag)
    : loop_(loop), rate_(rate), begin_(std::move(begin)), note_lag_(std::move(note_lag)) {}

Pacer::~Pacer() { loop_.cancel(timer_); }

void Pacer::start(SteadyTime start) {
  start_ = start;
  is_started_ = true;
  schedule_next();
}

void Pacer::stop() {
  if (is_stopped_) return;
  loop_.cancel(timer_);
  if (is_started_) begin_due(steady_clock::now() - start_);
  is_stopped_ = true;
}

void Pacer::schedule_next() {
  if (rate_.next() >= end_) return;
  timer_ = loop_.at(start_ + rate_.next(), [this] {
    if (is_stopped_) return;
    begin_due(rate_.next());
    schedule_next();
  });
}

void Pacer::begin_due(Offset until) {
  while (rate_.next() <= until && rate_.next() < end_) {
    const Offset intended = rate_.next();
    rate_.pop();
    note_lag_(intended, steady_clock::now() - start_ - intended);
    begin_(intended);
  }
}

}  // namespace yardmaster::loadgen
