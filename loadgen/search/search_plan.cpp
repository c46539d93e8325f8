#include "loadgen/search/search_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "loadgen/run/series.h"
#include "loadgen/run/supervisor.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t most_of_all = 1'000'000;
constexpr std::uint64_t most_with_sockets = 1'000;

// These go beside the writes, which always run.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> workload_of_measurement{{
    {"handoff", "handoffs"},
    {"broadcast", "broadcasts"},
    {"cleanup", "churn"},
    {"websocket_rtt", "websocket"},
    {"beside_hostile", "hostile"},
}};

std::vector<reports::Target> slo_of(const Options& options) {
  std::vector<reports::Target> targets;
  try {
    for (const auto& text : options.search.slo) set_target(targets, parse_target(text));
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, std::string("--slo: ") + error.what());
  }
  return targets;
}

void refuse(bool given, const std::string& why) {
  if (given) throw Error(ErrorCode::usage, why);
}

void refuse_what_does_not_fit(const Options& options) {
  const auto& flags = options.overrides;
  refuse(!options.connect.empty(),
         "--connect: a search starts each step on fresh state, with a private coordinator");
  refuse(flags.contains("instances"),
         "--instances: a search finds them; --start says with how many it begins, --most where it "
         "ends");
  refuse(flags.contains("targets"), "--target: a search judges by --slo");
  refuse(options.search.start < options.search.least || options.search.start == 0,
         "--start: must be at least " +
             std::to_string(std::max<std::uint64_t>(options.search.least, 1)));
  refuse(options.search.most.value_or(0) > most_of_all,
         "--most: must be at most " + std::to_string(most_of_all));
}

nlohmann::json workloads_for(const std::vector<reports::Target>& slo) {
  auto workloads = nlohmann::json::object();
  for (const auto& [measurement, workload] : workload_of_measurement) {
    const std::string_view name = measurement;
    workloads[std::string(workload)] =
        std::any_of(slo.begin(), slo.end(),
                    [&](const reports::Target& target) { return target.measurement == name; });
  }
  return workloads;
}

LoadPlan only_plan(const Options& options, Progress& progress) {
  const Scenario scenario = prepare_scenario(options, progress);
  refuse(scenario.runs.size() != 1, "a search takes one load on one store, not " +
                                        std::to_string(scenario.runs.size()) + " runs");
  refuse(scenario.runs.front().topology == Topology::direct,
         "--topology: a search measures the coordinator, and so the topology broker");
  refuse(scenario.runs.front().resources == Resources::real,
         "--resources: a search takes simulated instances");
  refuse(!scenario.runs.front().writes, "a search takes a load with writes");
  return scenario.runs.front();
}

std::uint64_t open_files_allowed() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

SearchRange range_of(const Options& options, const LoadPlan& load) {
  SearchRange range;
  const std::uint64_t allowed = most_instances_within(load, open_files_allowed());
  const std::uint64_t wanted = options.search.most.value_or(most_of_all);
  range.most_is_of_files = allowed < wanted;
  range.most = std::min(allowed, wanted);
  range.least = options.search.least > 0 ? options.search.least : options.search.start;
  range.first = options.search.start;
  refuse(range.most < range.least,
         range.most_is_of_files
             ? "the hard limit of open files (ulimit -Hn) leaves room for " +
                   std::to_string(range.most) + " instances only: raise it or --start with fewer"
             : "--most: must not be less than the " + std::to_string(range.least) +
                   " that the search begins with");
  return range;
}

}  // namespace

LoadPlan SearchPlan::step(std::uint64_t instances) const {
  LoadPlan plan = load;
  plan.instances = instances;
  if (default_length && !plan.closed_loop) {
    const auto rounds = writes_of_step / static_cast<double>(instances);
    const auto enough = std::chrono::duration_cast<nanoseconds>(
        std::chrono::duration<double, std::nano>(plan.interval) * rounds);
    plan.max_duration = std::max(plan.max_duration, std::min<nanoseconds>(enough, longest_step));
  }
  return plan;
}

SearchPlan plan_search(const Options& options, std::string_view default_step, Progress& progress) {
  refuse_what_does_not_fit(options);
  const auto slo = slo_of(options);
  Options complete = options;
  auto& flags = complete.overrides;
  SearchPlan plan;
  plan.default_length = !flags.contains("duration") && !flags.contains("max_duration") &&
                        !flags.contains("vouch_for");
  if (plan.default_length) flags["max_duration"] = default_step;
  if (!flags.contains("workloads") && options.scenario.empty()) {
    flags["workloads"] = workloads_for(slo);
  }
  flags["instances"] = options.search.start;
  plan.load = only_plan(complete, progress);
  plan.load.targets = slo;
  plan.range = range_of(options, plan.load);
  return plan;
}

reports::MapParameters parameters_of(const SearchPlan& plan, const Options& options) {
  const LoadPlan& load = plan.load;
  reports::MapParameters parameters;
  parameters.version = YARDMASTER_VERSION;
  parameters.slo = options.search.slo;
  parameters.workloads = {"writes"};
  const auto add = [&](const char* name, double rate) {
    if (rate > 0 && !load.closed_loop) parameters.workloads.emplace_back(name);
  };
  add("handoffs", load.handoffs.per_second);
  add("broadcasts", load.broadcasts.per_second);
  add("churn", load.churn.per_second);
  add("websocket", load.websocket.per_second);
  add("hostile", load.hostile.per_second);
  parameters.arrivals = load.arrivals_name();
  parameters.interval_ms = to_milliseconds(load.interval);
  parameters.payload_bytes = load.payload_bytes;
  parameters.seed = load.seed;
  parameters.checkpoint_policy = load.checkpoint_policy;
  parameters.step = (load.duration ? "" : "up to ") + format_duration(load.longest()) +
                    (plan.default_length ? ", longer for few instances" : "");
  parameters.warmup_s = std::chrono::duration<double>(load.warmup).count();
  parameters.asked = plan.range.asked.value_or(0);
  parameters.least = plan.range.least;
  parameters.most = plan.range.most;
  return parameters;
}

std::uint64_t most_instances_within(const LoadPlan& load, std::uint64_t open_files) {
  const auto fits = [&](std::uint64_t instances) {
    LoadPlan plan = load;
    plan.instances = instances;
    return descriptors_needed(plan, true) <= open_files;
  };
  // More instances than these have no sockets of their own, and take fewer files each.
  const bool all_sockets_fit = fits(most_with_sockets);
  std::uint64_t fitting = all_sockets_fit ? most_with_sockets : 0;
  std::uint64_t too_many = all_sockets_fit ? most_of_all + 1 : most_with_sockets;
  while (too_many - fitting > 1) {
    const std::uint64_t middle = fitting + (too_many - fitting) / 2;
    (fits(middle) ? fitting : too_many) = middle;
  }
  return fitting;
}

}  // namespace yardmaster::loadgen
