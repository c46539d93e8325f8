#include "loadgen/real/bursts.h"

#include <exception>
#include <utility>

#include "loadgen/real/real_context.h"

namespace yardmaster::loadgen {

using std::chrono::steady_clock;

Bursts::Bursts(RunContext& context, MeasurementLog& burst, MeasurementLog& startup)
    : context_(context), burst_(burst), startup_(startup), rate_(context.plan.bursts.per_second) {}

void Bursts::start(SteadyTime start) {
  start_ = start;
  schedule_next();
}

void Bursts::stop() {
  stopped_ = true;
  context_.loop.cancel(timer_);
}

void Bursts::schedule_next() {
  const Offset offset = context_.plan.warmup + rate_.offset(next_);
  if (offset >= end_) return;
  timer_ = context_.loop.at(start_ + offset, [this, offset] {
    if (stopped_) return;
    ++next_;
    burst_.note_lag(offset, now() - offset);
    due_.push_back(offset);
    begin_if_due();
    schedule_next();
  });
}

void Bursts::begin_if_due() {
  if (state_ != State::between || due_.empty()) return;
  state_ = State::spawning;
  intended_ = due_.front();
  due_.pop_front();
  sample_ = burst_.begin(intended_);
  burst_.send(sample_);
  sent_ = now();
  unanswered_ = context_.plan.instances;
  for (std::uint64_t i = 0; i < context_.plan.instances; ++i) {
    spawn(context_.name("burst", i), intended_);
  }
}

void Bursts::spawn(const std::string& name, Offset intended) {
  const auto sample = startup_.begin(intended);
  startup_.send(sample);
  const auto sent = now();
  context_.control.request("allocate_instance", context_.real->request(name),
                           [this, name, intended, sent, sample](const AsyncReply& reply) {
                             if (reply.success) {
                               startup_.finish(sample, now() - intended, now() - sent);
                               living_.insert(name);
                             } else {
                               ++errors_["burst_" + reply.code];
                             }
                             if (--unanswered_ == 0) on_all_answered();
                           });
}

// A burst that one is missing from never has all its instances.
void Bursts::on_all_answered() {
  if (living_.size() == context_.plan.instances) {
    burst_.finish(sample_, now() - intended_, now() - sent_);
  }
  state_ = State::releasing;
  const auto names = living_;  // a failure takes one out
  for (const auto& name : names) release(name);
  check_if_all_gone();
}

void Bursts::release(const std::string& name) {
  context_.control.request("release_instance", {{"instance_id", name}},
                           [this, name](const AsyncReply& reply) {
                             if (reply.success) return;
                             ++errors_["burst_release_" + reply.code];
                             living_.erase(name);
                             check_if_all_gone();
                           });
}

void Bursts::on_gone(const std::string& instance) {
  if (living_.erase(instance) == 0) return;
  if (state_ != State::releasing) {
    ++errors_["burst_gone_alive"];
    return;
  }
  ++context_.real->tally().endings["release"];
  check_if_all_gone();
}

void Bursts::check_if_all_gone() {
  if (state_ != State::releasing || !living_.empty()) return;
  state_ = State::checking;
  looks_.run([this, places = context_.real->places()] {
    std::vector<std::string> left;
    try {
      left = leftovers_in(places);
    } catch (const std::exception& error) {
      left = {std::string("a look that failed: ") + error.what()};
    }
    context_.loop.post([this, left] { on_checked(left); });
  });
}

void Bursts::on_checked(const std::vector<std::string>& left) {
  context_.real->tally().note_left(left);
  state_ = State::between;
  begin_if_due();
}

// The list includes those of an unfinished burst: some of them may be starting still.
std::vector<std::string> Bursts::living() const {
  if (state_ != State::spawning) return {living_.begin(), living_.end()};
  std::vector<std::string> names;
  names.reserve(context_.plan.instances);
  for (std::uint64_t i = 0; i < context_.plan.instances; ++i) {
    names.push_back(context_.name("burst", i));
  }
  return names;
}

void Bursts::look_up_dying() {
  if (state_ != State::releasing) return;
  context_.look_up(living(), [this](const std::string& name) { on_gone(name); });
}

void Bursts::give_up() {
  for (const Offset intended : std::exchange(due_, {})) burst_.begin(intended);
}

void Bursts::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
  if (state_ == State::releasing) errors["never_gone"] += living_.size();
}

}  // namespace yardmaster::loadgen
