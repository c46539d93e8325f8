// The decision says which store is to be the default. It is made by runs on both, and recorded with
// the evidence that it rests on. Pure except for reading and writing the record; any thread.
//
// The rule: SQLite is kept if it holds every target of the gate at every load of the gate. If it
// fails one and PostgreSQL holds all of its own, PostgreSQL is required. If both fail, the answer
// is "neither", and at which load. Anything else is undecided.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

// A target at a load, judged by all runs of one store together: the pairs of an interleaved series.
struct Figure {
  std::string store;
  std::string topology = "broker";
  std::string checkpoint_policy;  // of the pairs; empty: the store's usual one
  std::uint64_t instances = 0;
  Target target;
  std::uint64_t runs = 0;
  std::uint64_t count = 0;
  std::uint64_t over_limit = 0;
  double effective_count = 0;
  double quantile_ms = 0;  // the median of the runs'
  Verdict verdict = Verdict::inconclusive;
  std::string reason;
};

struct Decision {
  std::string store;   // "sqlite", "postgres" or "neither"; empty: undecided
  std::string reason;  // one line
  std::vector<Figure> figures;
};

// Judges every target of an interleaved series, each by all of its pairs together: the runs of one
// store at one load with one checkpoint policy. Other runs are left out.
std::vector<Figure> judge_pairs(const std::vector<Run>& runs);

// Returns what the gate asks for: each target at each load, by store.
std::vector<Figure> gate_requirements();
inline constexpr std::chrono::milliseconds gate_write_p999_limit{100};

// Decides by the runs over the coordinator with one durability; others, and other loads, do not
// count.
Decision decide(const std::vector<Run>& runs);

// The rule applied to figures that are judged already.
Decision decide(std::vector<Figure> figures);

// The decision on record.
struct DecisionRecord {
  std::string store;
  std::string reason;
  std::string date;     // YYYY-MM-DD
  std::string version;  // loadgen's, when it measured
  std::string durability;
  Environment machine;
  std::vector<Figure> figures;
};

// Throws Error{usage} with the path of the bad field, and when the figures do not lead to the store
// by the rule.
DecisionRecord read_decision(const std::filesystem::path& file);
std::string to_json(const DecisionRecord& record);
// Throws Error{usage} when the decision is none: undecided runs make no record.
DecisionRecord make_record(const Decision& decision, const Report& report,
                           const std::string& version, const std::string& date);

// Returns how what was measured now stands to what is on record.
DecisionSummary compare_with_record(const Decision& decision, const std::string& recorded);

}  // namespace yardmaster::reports
