// loadgen's command line. Throws Error{usage} for everything that cannot be meant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/plan/scenario.h"

namespace yardmaster::loadgen {

enum class Verb {
  run,
  list_scenarios,
  compare,
  history,
  selftest,
  decide,
  search,
  map,
  report,
  help
};

// The options of the verbs search and map.
struct SearchOptions {
  std::vector<std::string> slo{"write_p99=30ms"};
  std::uint64_t start = 10;
  std::uint64_t least = 0;            // fewer are not tried; 0: `start`
  std::optional<std::uint64_t> most;  // empty: as many as the verb and the machine allow
  std::vector<std::string> fsync_latencies{"0", "1ms", "5ms", "10ms", "20ms"};
  bool anew = false;  // instead of going on with a map that is there
};

// `compare --run` and `compare --aa` measure what they compare.
struct MeasuredSides {
  std::pair<std::string, std::string> sides;  // a scenario, flags, or both; empty: none were named
  std::uint64_t runs = 3;                     // of each side
  std::uint64_t same = 0;                     // comparisons of one side with itself
};

struct Options {
  Verb verb = Verb::run;
  std::string text;     // with help: what to print
  std::string command;  // as a shell takes it, without passwords

  std::string scenario;  // empty: the default load
  Overrides overrides = Overrides::object();

  std::string connect;
  std::filesystem::path directory;
  bool keep = false;
  std::string postgres;

  bool json = false;
  std::filesystem::path report = "report";
  std::optional<std::string> metrics_listen;
  bool metrics_remote = false;
  std::filesystem::path textfile;
  std::string pushgateway;  // URL
  std::string serve;        // address and port

  std::pair<std::filesystem::path, std::filesystem::path> compared;
  MeasuredSides measured;
  std::uint64_t selftest_runs = 40;          // short ones of each kind, for the coverage
  std::vector<std::filesystem::path> shown;  // reports and searches, for one page
  std::filesystem::path html;                // where the page goes; empty: beside the first
  std::filesystem::path history;             // a directory with reports somewhere in it

  std::filesystem::path record = "reports/decision.json";
  std::filesystem::path decided_from;  // a report; empty: measure
  bool write_record = false;

  SearchOptions search;
};

// argv[0] is left out.
Options parse_options(const std::vector<std::string>& arguments);

// Returns the options with what a side of `compare --run` names on top of them: a scenario's name
// or file, flags of a load in one word, or both.
Options options_of_side(const Options& options, const std::string& side);

}  // namespace yardmaster::loadgen
