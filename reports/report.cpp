#include "reports/report.h"

#include <algorithm>
#include <cmath>

#include "reports/decision.h"

namespace yardmaster::reports {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::optional<Verdict> verdict_from(std::string_view text) {
  for (const Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::inconclusive}) {
    if (to_string(verdict) == text) return verdict;
  }
  return std::nullopt;
}

Verdict worst(Verdict a, Verdict b) {
  if (a == Verdict::fail || b == Verdict::fail) return Verdict::fail;
  return a == Verdict::pass ? b : a;
}

double distribution_quantile(std::size_t index) {
  return 1 - std::pow(10.0, -static_cast<double>(index) / 10);
}

std::size_t distribution_size(std::uint64_t count) {
  if (count == 0) return 0;
  return static_cast<std::size_t>(std::floor(10 * std::log10(static_cast<double>(count)))) + 1;
}

Environment together(const Environment& before, const Environment& now) {
  Environment all = now;
  if (all.sqlite_version.empty()) all.sqlite_version = before.sqlite_version;
  if (all.postgres_version.empty()) all.postgres_version = before.postgres_version;
  return all;
}

Verdict Report::verdict() const {
  if (runs.empty()) return Verdict::inconclusive;
  Verdict verdict = missing_runs > 0 ? Verdict::inconclusive : Verdict::pass;
  for (const Run& run : runs) {
    if (run.pair == 0) verdict = worst(verdict, run.verdict);
    if (run.interrupted) verdict = worst(verdict, Verdict::inconclusive);
    if (!run.audit.clean()) verdict = Verdict::fail;
  }
  for (const Figure& figure : judge_pairs(runs)) verdict = worst(verdict, figure.verdict);
  return verdict;
}

}  // namespace yardmaster::reports
