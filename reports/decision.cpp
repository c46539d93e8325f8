#include "reports/decision.h"

#include <algorithm>
#include <array>
#include <map>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "reports/figure_text.h"
#include "reports/judgement.h"
#include "reports/statistics.h"
#include "reports/verdict.h"

namespace yardmaster::reports {
namespace {

constexpr std::array<const char*, 2> judged_stores{"sqlite", "postgres"};
constexpr std::array<std::uint64_t, 2> decisive_sizes{10, 25};
constexpr std::uint64_t load_for_p999 = 25;
constexpr std::chrono::milliseconds default_limit{30};

Figure required(const char* store, std::uint64_t instances, const char* measurement,
                double quantile, std::chrono::milliseconds limit) {
  Figure figure;
  figure.store = store;
  figure.instances = instances;
  figure.target = {.measurement = measurement, .quantile = quantile, .limit = limit};
  figure.reason = "not measured";
  return figure;
}

bool is_same(const Target& a, const Target& b) {
  return a.measurement == b.measurement && a.quantile == b.quantile && a.limit == b.limit;
}

bool has_default_policy(const Run& run) {
  return run.checkpoint_policy == "adaptive" || run.checkpoint_policy == "server";
}

bool counts(const Run& run, const Figure& figure) {
  const bool same_policy = figure.checkpoint_policy.empty()
                               ? has_default_policy(run)
                               : run.checkpoint_policy == figure.checkpoint_policy;
  return same_policy && run.topology == figure.topology && run.store == figure.store &&
         run.instances == figure.instances && !run.interrupted;
}

double reported_quantile(const Measurement& measurement, double quantile) {
  return quantile > 0.99 ? measurement.latency_ms.p999 : measurement.latency_ms.p99;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Whether a run is about what was to be measured, whatever came out: its load was offered, on the
// disk that was asked for. Pauses of the generator do not spoil a run: what they may explain is
// left out where a run fails.
bool says_something(const Run& run) { return !why_not_offered(run) && !why_another_disk(run); }

// What the runs that count say about a figure's target.
struct Gathered {
  std::vector<Evidence> evidence;
  std::vector<double> quantiles_ms;
  bool is_clean = true;
};

Gathered gather(Figure& figure, const std::vector<Run>& runs) {
  Gathered all;
  for (const Run& run : runs) {
    if (!counts(run, figure)) continue;
    all.is_clean &= run.audit.clean();
    for (const TargetResult& result : run.targets) {
      if (!is_same(result.target, figure.target)) continue;
      ++figure.runs;
      if (result.count == 0 || !says_something(run)) continue;
      all.evidence.push_back(result);
      const auto measured = run.measurements.find(result.target.measurement);
      if (measured == run.measurements.end()) continue;
      all.quantiles_ms.push_back(reported_quantile(measured->second, result.target.quantile));
    }
  }
  return all;
}

// Checkpoints come in the coordinator's own time, and may be few.
CarriedJudgement judge_figure(const Target& target, const Evidence& evidence) {
  const double alpha = only_look().alpha;
  if (target.measurement != "checkpoint") {
    return {judge(evidence, target.quantile, alpha), target.quantile};
  }
  return judge_carried(evidence, target.quantile, static_cast<double>(evidence.count), alpha);
}

void judge_together(Figure& figure, const std::vector<Run>& runs) {
  const Gathered all = gather(figure, runs);
  if (!all.is_clean) {
    figure.runs = std::max<std::uint64_t>(figure.runs, 1);
    figure.verdict = Verdict::fail;
    figure.reason = "the audit found something lost, doubled or out of order";
    return;
  }
  if (figure.runs == 0) return;
  const CarriedJudgement found = judge_figure(figure.target, together(all.evidence));
  const Judgement& judgement = found.judgement;
  figure.count = judgement.count;
  figure.over_limit = judgement.over_limit;
  figure.effective_count = judgement.effective_count;
  figure.quantile_ms = median(all.quantiles_ms);
  figure.verdict = judgement.verdict;
  figure.reason = grouped(judgement.over_limit) + " of " + grouped(judgement.count) + " over " +
                  format_duration(figure.target.limit);
  if (judgement.margin > 0) {
    figure.reason += ", by margin over " + format_duration(figure.target.limit / judgement.margin);
  }
  if (found.quantile < figure.target.quantile) {
    figure.reason +=
        ", judged at " + quantile_name(found.quantile) + ", since so few carry no more";
  }
  if (judgement.disturbed) figure.reason += ", but only while the generator was disturbed";
  if (all.evidence.empty()) figure.reason = "no run offered its load";
}

// The worst verdict of a store, and the figure that it comes from.
struct StoreVerdict {
  Verdict verdict = Verdict::pass;
  const Figure* figure = nullptr;
};

StoreVerdict verdict_of(const std::vector<Figure>& figures, std::string_view store) {
  StoreVerdict worst_one;
  for (const Figure& figure : figures) {
    if (figure.store != store) continue;
    const Verdict verdict = worst(worst_one.verdict, figure.verdict);
    if (worst_one.figure == nullptr || verdict != worst_one.verdict) worst_one.figure = &figure;
    worst_one.verdict = verdict;
  }
  return worst_one;
}

std::string where(const StoreVerdict& of) {
  return target_name(of.figure->target) + " at " + std::to_string(of.figure->instances) +
         " instances (" + of.figure->reason + ")";
}

}  // namespace

std::vector<Figure> judge_pairs(const std::vector<Run>& runs) {
  std::vector<Figure> figures;
  for (const Run& run : runs) {
    if (run.pair == 0) continue;
    for (const TargetResult& result : run.targets) {
      Figure figure;
      figure.store = run.store;
      figure.topology = run.topology;
      figure.instances = run.instances;
      figure.target = result.target;
      if (!has_default_policy(run)) figure.checkpoint_policy = run.checkpoint_policy;
      const bool known = std::any_of(figures.begin(), figures.end(), [&](const Figure& other) {
        return counts(run, other) && is_same(other.target, figure.target);
      });
      if (!known) figures.push_back(std::move(figure));
    }
  }
  for (Figure& figure : figures) judge_together(figure, runs);
  return figures;
}

std::vector<Figure> gate_requirements() {
  std::vector<Figure> figures;
  for (const char* store : judged_stores) {
    for (const std::uint64_t instances : decisive_sizes) {
      figures.push_back(required(store, instances, "write", 0.99, default_limit));
      if (instances == load_for_p999) {
        figures.push_back(required(store, instances, "write", 0.999, gate_write_p999_limit));
      }
      // A server's checkpoints run beside the commits and cannot be compared.
      if (store != judged_stores.front()) continue;
      figures.push_back(required(store, instances, "checkpoint", 0.99, default_limit));
    }
  }
  return figures;
}

Decision decide(const std::vector<Run>& runs) {
  std::vector<Figure> figures = gate_requirements();
  for (Figure& figure : figures) judge_together(figure, runs);
  return decide(std::move(figures));
}

Decision decide(std::vector<Figure> figures) {
  Decision decision;
  decision.figures = std::move(figures);
  const StoreVerdict sqlite = verdict_of(decision.figures, "sqlite");
  const StoreVerdict postgres = verdict_of(decision.figures, "postgres");
  const auto covered = std::none_of(decision.figures.begin(), decision.figures.end(),
                                    [](const Figure& figure) { return figure.runs == 0; });
  if (!covered || sqlite.figure == nullptr || postgres.figure == nullptr) {
    decision.reason =
        "undecided: these runs cover less than the gate (both stores, 10 and 25 instances)";
  } else if (sqlite.verdict == Verdict::pass) {
    decision.store = "sqlite";
    decision.reason = "SQLite holds every target at 10 and 25 instances";
  } else if (sqlite.verdict == Verdict::inconclusive) {
    decision.reason = "undecided: SQLite's " + where(sqlite);
  } else if (postgres.verdict == Verdict::pass) {
    decision.store = "postgres";
    decision.reason = "SQLite fails " + where(sqlite) + ", PostgreSQL holds every target";
  } else if (postgres.verdict == Verdict::fail) {
    decision.store = "neither";
    decision.reason = "SQLite fails " + where(sqlite) + ", and PostgreSQL fails " + where(postgres);
  } else {
    decision.reason =
        "undecided: SQLite fails " + where(sqlite) + ", but PostgreSQL's " + where(postgres);
  }
  return decision;
}

DecisionSummary compare_with_record(const Decision& decision, const std::string& recorded) {
  return {.store = decision.store.empty() ? "undecided" : decision.store,
          .recorded = recorded,
          .agrees = decision.store == recorded,
          .reason = decision.reason};
}

}  // namespace yardmaster::reports
