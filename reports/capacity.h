// A capacity is how many instances a store carries, as plain values: what loadgen's search found,
// step by step. Pure, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

// A run at one load. It holds if it passes; an inconclusive one does not.
struct CapacityStep {
  std::uint64_t instances = 0;
  Verdict verdict = Verdict::inconclusive;
  bool confirms = false;  // repeats the load that was found
  double duration_s = 0;
  std::map<std::string, double> measured_ms;  // by target: "write P99"
  std::string reason;                         // why the load does not pass

  bool holds() const { return verdict == Verdict::pass; }
};

enum class SearchEnd {
  bracketed,      // between a load that holds and one that does not
  most,           // the most that was to be tried holds
  open_files,     // the most that the limit of open files leaves room for holds
  nothing_holds,  // nor does the least that was to be tried
  interrupted,
};
std::string_view to_string(SearchEnd end);
std::optional<SearchEnd> search_end_from(std::string_view text);

// Between `holds` and `not_held` nothing is known.
struct Capacity {
  std::uint64_t holds = 0;                // 0: no load that was tried
  std::optional<std::uint64_t> not_held;  // the lowest load that did not
  bool confirmed = false;                 // `holds` passed twice
  SearchEnd end = SearchEnd::interrupted;
  std::vector<CapacityStep> steps;
};

CapacityStep capacity_step(const Run& run);

// "pass, write P99 3.20 ms in 5.0 s", and why if it does not pass.
std::string text_of(const CapacityStep& step);
// "holds 2,900 instances (confirmed) and not 3,100", in as many words as the end needs.
std::string text_of(const Capacity& capacity);

}  // namespace yardmaster::reports
