#include "loadgen/workloads/churn.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {

namespace {

// Another try waits this long after a refusal.
constexpr std::chrono::milliseconds churn_pause_after_refusal{200};

}  // namespace

using std::chrono::seconds;
using std::chrono::steady_clock;

Churn::Churn(RunContext& context, const ChildNursery& nursery, MeasurementLog& log)
    : context_(context),
      nursery_(nursery),
      log_(log),
      pacer_(
          context.loop, context.rate_of("churn", context.plan.churn.per_second),
          [this](Offset intended) { begin(intended); },
          [&log](Offset intended, auto lag) { log.note_lag(intended, lag); }) {
  context_.loop.add(nursery_.fd(), EPOLLIN, *this);
  const auto wanted = context.plan.churn.instances;
  for (std::uint64_t i = 0; i < wanted; ++i) nursery_.ask();
  const auto deadline = steady_clock::now() + seconds(30);
  try {
    while (living_.size() < wanted) {
      context_.loop.poll(deadline);
      if (refusal_) throw_failure("allocate_instance", *refusal_);
      if (steady_clock::now() >= deadline) {
        throw Error(ErrorCode::timed_out, "the churning instances were not allocated in 30 s");
      }
    }
  } catch (...) {
    context_.loop.cancel(asking_timer_);
    context_.loop.remove(nursery_.fd(), *this);
    throw;
  }
}

Churn::~Churn() {
  context_.loop.cancel(asking_timer_);
  context_.loop.remove(nursery_.fd(), *this);
  for (const auto& instance : living_) ::kill(instance.pid, SIGKILL);
}

void Churn::start(SteadyTime start) {
  start_ = start;
  pacer_.start(start);
}

void Churn::on_ready(std::uint32_t /*events*/) {
  while (const pid_t pid = nursery_.take()) allocate(pid);
}

void Churn::allocate(pid_t pid) {
  const std::string name = context_.name("churn", born_++);
  const nlohmann::json request{{"instance_id", name},
                               {"role", context_.prefix + "-churn"},
                               {"pid", pid},
                               {"socket", context_.plan.wants_instance_sockets()}};
  context_.control.request_until_answered("allocate_instance", request,
                                          [this, name, pid](const AsyncReply& reply) {
                                            if (!reply.success && reply.code != "already_exists") {
                                              ++errors_["churn_" + reply.code];
                                              refusal_ = reply;
                                              ::kill(pid, SIGKILL);
                                              ask_later();
                                              return;
                                            }
                                            living_.push_back({.name = name, .pid = pid});
                                            kill_if_due();
                                          });
}

// Another instance is asked for in place of one that was not to be had, or went by itself.
void Churn::ask_later() {
  ++wanted_;
  if (asking_later_) return;
  asking_later_ = true;
  asking_timer_ = context_.loop.at(steady_clock::now() + churn_pause_after_refusal, [this] {
    asking_later_ = false;
    if (pacer_.is_stopped() && due_.empty()) return;
    for (; wanted_ > 0; --wanted_) nursery_.ask();
  });
}

void Churn::begin(Offset intended) {
  due_.push_back({.intended = intended, .sample = log_.begin(intended), .killed_at = {}});
  kill_if_due();
}

void Churn::kill_if_due() {
  while (!due_.empty() && !living_.empty()) {
    const Living victim = living_.front();
    living_.pop_front();
    Death& death = dying_[victim.name] = due_.front();
    death.killed_at = now();
    log_.send(death.sample);
    due_.pop_front();
    ::kill(victim.pid, SIGKILL);
    if (!pacer_.is_stopped() || !due_.empty()) nursery_.ask();
  }
}

void Churn::on_gone(const std::string& instance) {
  const auto found = dying_.find(instance);
  if (found == dying_.end()) {
    const auto died = std::find_if(living_.begin(), living_.end(),
                                   [&](const Living& one) { return one.name == instance; });
    if (died == living_.end()) return;
    // Nobody killed it: the coordinator took it for dead, or its helper is gone.
    ++errors_["churn_gone_alive"];
    living_.erase(died);
    ask_later();
    return;
  }
  const Death death = found->second;
  dying_.erase(found);
  const Offset time = now();
  log_.finish(death.sample, time - death.intended, time - death.killed_at);
}

std::vector<std::string> Churn::living() const {
  std::vector<std::string> names;
  names.reserve(living_.size());
  for (const Living& one : living_) names.push_back(one.name);
  return names;
}

void Churn::look_up_dying() {
  std::vector<std::string> names;
  names.reserve(dying_.size());
  for (const auto& [name, death] : dying_) names.push_back(name);
  context_.look_up(names, [this](const std::string& name) { on_gone(name); });
}

void Churn::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
  if (!dying_.empty()) errors["never_gone"] += dying_.size();
}

}  // namespace yardmaster::loadgen
