#include "loadgen/plan/real_plan.h"

#include <algorithm>
#include <string>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

// Each churn takes a checkout of the whole repository, and a removal.
constexpr double default_churn_per_second = 3;
constexpr std::uint64_t default_churning = 8;

[[noreturn]] void refuse_plan(const std::string& why) { throw Error(ErrorCode::usage, why); }

void refuse_what_is_for_real_ones_alone(const LoadPlan& plan) {
  constexpr const char* only = ": only with real instances (--resources real)";
  if (plan.repo_files) refuse_plan(std::string("repo_files") + only);
  if (!plan.churn_kinds.empty()) refuse_plan(std::string("churn_kinds") + only);
  if (plan.churn_edited > 0) refuse_plan(std::string("churn_edited") + only);
  if (plan.bursts.per_second > 0) refuse_plan(std::string("workloads.bursts") + only);
}

void fit_churn(LoadPlan& plan) {
  if (plan.churn.per_second > 0 && !plan.churn.names_rate) {
    plan.churn.per_second = default_churn_per_second;
  }
  if (!plan.churn.names_instances) plan.churn.instances = default_churning;
  if (plan.churn_kinds.empty()) plan.churn_kinds = all_churn_kinds();
  const bool only_stillborn =
      std::all_of(plan.churn_kinds.begin(), plan.churn_kinds.end(),
                  [](ChurnKind kind) { return kind == ChurnKind::stillborn; });
  if (only_stillborn)
    refuse_plan("churn_kinds: stillborn instances end nothing; name another kind too");
}

// They are the instances, and nothing else goes on meanwhile.
void fit_bursts(LoadPlan& plan) {
  if (plan.bursts.per_second <= 0) return;
  if (plan.closed_loop) refuse_plan("workloads.bursts: not with closed_loop");
  plan.writes = false;
  plan.handoffs.per_second = 0;
  plan.broadcasts.per_second = 0;
  plan.churn.per_second = 0;
  plan.websocket.per_second = 0;
  plan.hostile.per_second = 0;
  // The instances of a burst wait for each other: the burst is what is judged.
  std::erase_if(plan.targets, [](const reports::Target& target) {
    return target.measurement == "startup" && !target.by_name;
  });
}

// Too few commits for checkpoints to be judged.
void leave_out_checkpoints(LoadPlan& plan) {
  std::erase_if(plan.targets, [](const reports::Target& target) {
    return target.measurement == "checkpoint" && !target.by_name;
  });
}

bool has(const LoadPlan& plan, bool (*wanted)(ChurnKind)) {
  return std::any_of(plan.churn_kinds.begin(), plan.churn_kinds.end(), wanted);
}

}  // namespace

void fit_to_resources(LoadPlan& plan) {
  if (plan.resources == Resources::simulated) {
    refuse_what_is_for_real_ones_alone(plan);
  } else {
    if (plan.topology == Topology::direct) {
      refuse_plan("resources: real instances have a coordinator; not with the topology direct");
    }
    if (plan.instances > most_real_instances) {
      refuse_plan("instances: at most " + std::to_string(most_real_instances) + " real ones");
    }
    plan.repo_files = plan.repo_files.value_or(default_repo_files);
    fit_churn(plan);
    fit_bursts(plan);
  }
  if (plan.writes) return;
  if (plan.closed_loop || plan.topology == Topology::direct) {
    refuse_plan("workloads.writes: false leaves nothing with closed_loop or the topology direct");
  }
  leave_out_checkpoints(plan);
}

std::vector<std::string> turnover_measurements(const LoadPlan& plan) {
  if (plan.closed_loop) return {};
  if (plan.bursts.per_second > 0) return {"spawn_burst", "startup"};
  if (plan.churn.per_second <= 0) return {};
  if (plan.resources == Resources::simulated) return {"cleanup"};
  const auto is_quick = [](ChurnKind kind) {
    return kind != ChurnKind::stubborn && kind != ChurnKind::stillborn;
  };
  const auto is_stubborn = [](ChurnKind kind) { return kind == ChurnKind::stubborn; };
  std::vector<std::string> names{"startup"};
  if (has(plan, is_quick) && plan.churn_edited < 1) names.emplace_back("cleanup");
  if (has(plan, is_quick) && plan.churn_edited > 0) names.emplace_back("cleanup_rescue");
  if (has(plan, is_stubborn)) names.emplace_back("cleanup_grace");
  return names;
}

}  // namespace yardmaster::loadgen
