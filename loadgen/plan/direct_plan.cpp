#include "loadgen/plan/direct_plan.h"

#include <algorithm>
#include <string>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::usage, why); }

void refuse_what_is_for_direct_alone(const LoadPlan& plan) {
  if (plan.transaction) {
    refuse("transaction: only with the topology direct; a coordinator has one way to write");
  }
  if (plan.busy_timeout) refuse("busy_timeout: only with the topology direct");
}

void fit_checkpoints(LoadPlan& plan) {
  if (traits_of(plan.store).has_server) {
    if (plan.names_checkpoint_policy) {
      refuse("checkpoint_policy: " + std::string(traits_of(plan.store).title) +
             " takes its own checkpoints; leave it out with the topology direct");
    }
    plan.checkpoint_policy = "server";
    return;
  }
  if (plan.names_checkpoint_policy && plan.checkpoint_policy == "adaptive") {
    refuse(
        "checkpoint_policy: adaptive checkpoints are a coordinator's; with the topology direct "
        "choose auto or every-write");
  }
  if (!plan.names_checkpoint_policy) plan.checkpoint_policy = "auto";
}

// SQLite's own checkpoints are part of the commit that takes them, and count in the writes.
bool has_checkpoints_to_judge(const LoadPlan& plan) {
  return !traits_of(plan.store).has_server && plan.checkpoint_policy == "every-write";
}

}  // namespace

void fit_to_topology(LoadPlan& plan) {
  if (plan.topology == Topology::broker) return refuse_what_is_for_direct_alone(plan);
  if (plan.closed_loop) refuse("closed_loop: not with the topology direct");
  if (plan.instances > most_direct_instances) {
    refuse("instances: the topology direct starts a process for each, at most " +
           std::to_string(most_direct_instances));
  }
  fit_checkpoints(plan);
  // Processes that nobody keeps apart meet by chance; staggered ones would never meet.
  if (!plan.names_arrivals) plan.arrivals = Arrivals::poisson;
  plan.transaction = plan.transaction.value_or(Transaction::immediate);
  plan.handoffs.per_second = 0;
  plan.broadcasts.per_second = 0;
  plan.churn.per_second = 0;
  plan.websocket.per_second = 0;
  plan.hostile.per_second = 0;
  if (has_checkpoints_to_judge(plan)) return;
  std::erase_if(plan.targets, [](const reports::Target& target) {
    return target.measurement == "checkpoint" && !target.by_name;
  });
}

}  // namespace yardmaster::loadgen
