#include "loadgen/plan/verb_flags.h"

#include <array>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

void add_decide(CLI::App& app, Options& options) {
  auto* decide = app.add_subcommand(
      "decide", "measure both stores (scenario gate) and check the decision on record");
  decide->fallthrough();
  decide->add_option("--record", options.record, "the record [reports/decision.json]");
  decide->add_option("--from", options.decided_from, "decide by this report instead of measuring");
  decide->add_flag("--write", options.write_record, "replace the record by what is measured");
}

void add_compare(CLI::App& app, Options& options) {
  auto* compare =
      app.add_subcommand("compare",
                         "print what changed between two reports, or test it between two sets of "
                         "them, or between runs "
                         "that it makes; --run and --aa take the flags of a load, and runs of 20s");
  compare->fallthrough();
  compare->add_option("before", options.compared.first,
                      "report.json, or its directory; a set is three or more, with commas");
  auto* after =
      compare->add_option("after", options.compared.second, "report.json, or its directory");
  compare->add_option("--html", options.html, "a page that lays the two over each other")
      ->type_name("FILE");
  auto* run =
      compare
          ->add_option("--run", options.measured.sides,
                       "measure both in turns: each a scenario, or flags in quotes that come "
                       "on top of the others, or both")
          ->type_name("A B")
          ->excludes(after);
  compare->add_option("--runs", options.measured.runs, "of each side [3]")
      ->type_name("N")
      ->check(CLI::Range(3, 1000));
  compare
      ->add_option(
          "--aa", options.measured.same,
          "compare so many times what is the same, and say how often a difference is found")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->excludes(after)
      ->excludes(run);
}

void add_report(CLI::App& app, Options& options) {
  auto* report = app.add_subcommand("report", "show reports and searches as one page, report.html");
  report
      ->add_option("files", options.shown,
                   "report.json, search.json, map.json, or a directory with a report.json")
      ->required();
  report->add_option("--html", options.html, "the page [report.html beside the first file]")
      ->type_name("FILE");
}

CLI::App* add_searching(CLI::App& app, const char* name, const char* what, SearchOptions& search) {
  auto* verb = app.add_subcommand(name, what);
  verb->fallthrough();
  verb->add_option("--slo", search.slo,
                   "a limit that a load must pass to hold, as for --target; repeatable "
                   "[write_p99=30ms]")
      ->type_name("LIMIT")
      ->take_all()
      ->allow_extra_args(false);
  return verb;
}

void add_search(CLI::App& app, SearchOptions& search) {
  auto* verb = add_searching(app, "search",
                             "find the most instances that hold the limits; takes the flags of a "
                             "load, and steps of up to 20s (longer below 100 instances)",
                             search);
  verb->add_option("--start", search.start, "the fewest, tried first [10]")->type_name("N");
  verb->add_option("--most,--most-instances", search.most,
                   "where to stop [what the limit of open files allows]")
      ->type_name("N");
}

void add_map(CLI::App& app, SearchOptions& search) {
  auto* verb = add_searching(app, "map",
                             "search on both stores, with both durabilities, on slower and slower "
                             "disks; goes on with the map in --report",
                             search);
  verb->add_option("--most,--most-instances", search.most, "where each search stops [4000]")
      ->type_name("N");
  verb->add_option("--fsync-latencies", search.fsync_latencies,
                   "added to each fsync [0,1ms,5ms,10ms,20ms]")
      ->type_name("TIME[,TIME...]")
      ->delimiter(',');
  verb->add_flag("--anew", search.anew, "begin again instead of going on");
}

void require_something_to_compare(const Options& options) {
  if (!options.compared.second.empty() || options.measured.same > 0) return;
  if (!options.measured.sides.first.empty()) return;
  throw Error(ErrorCode::usage,
              "compare: name two reports, or what to measure (--run A B, or --aa N)");
}

void add_selftest(CLI::App& app, Options& options) {
  auto* selftest = app.add_subcommand(
      "selftest",
      "run against a stub coordinator with planted delays, stalls, drift and losses, and hold what "
      "is reported against them");
  selftest
      ->add_option("--runs", options.selftest_runs,
                   "short ones of each kind, for the coverage of the P99's interval [40]")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
}

}  // namespace

void add_verbs(CLI::App& app, Options& options) {
  app.add_subcommand("scenarios", "list the built-in scenarios");
  add_compare(app, options);
  auto* history = app.add_subcommand("history", "print since when many reports show a change");
  history->add_option("directory", options.history, "with a report.json in it, or under it")
      ->required();
  add_report(app, options);
  add_selftest(app, options);
  add_decide(app, options);
  add_search(app, options.search);
  add_map(app, options.search);
  app.require_subcommand(0, 1);
}

Verb verb_of(const CLI::App& app, const Options& options) {
  constexpr std::array<std::pair<const char*, Verb>, 8> verbs{{{"scenarios", Verb::list_scenarios},
                                                               {"report", Verb::report},
                                                               {"compare", Verb::compare},
                                                               {"history", Verb::history},
                                                               {"selftest", Verb::selftest},
                                                               {"decide", Verb::decide},
                                                               {"search", Verb::search},
                                                               {"map", Verb::map}}};
  for (const auto& [name, verb] : verbs) {
    if (!app.got_subcommand(name)) continue;
    if (verb == Verb::compare) require_something_to_compare(options);
    return verb;
  }
  return Verb::run;
}

}  // namespace yardmaster::loadgen
