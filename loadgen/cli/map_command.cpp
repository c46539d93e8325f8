// loadgen map: where SQLite is enough, where PostgreSQL is, and where neither is. The map on disk
// grows with each search, and the verb goes on with the one that is there.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/cli/commands.h"
#include "loadgen/databases/fresh_directory.h"
#include "loadgen/search/capacity_runs.h"
#include "loadgen/search/map_plan.h"
#include "reports/environment.h"
#include "reports/figure_text.h"
#include "reports/page_writer.h"
#include "reports/report_files.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::string_view default_map_step = "8s";
constexpr std::chrono::seconds longest_step{60};
constexpr std::uint64_t asked = 25;
constexpr std::uint64_t least = 10;
constexpr std::uint64_t default_most = 4000;
// A load with few instances has few writes, and takes ten times as long to pass as this one, whose
// pass settles all lesser ones.
constexpr std::uint64_t default_first_load = 400;

void refuse(bool given, const char* why) {
  if (given) throw Error(ErrorCode::usage, why);
}

std::vector<std::string> words_of(const Overrides& flags, const char* field,
                                  std::vector<std::string> usual) {
  const auto found = flags.find(field);
  if (found == flags.end()) return usual;
  if (found->is_array()) return found->get<std::vector<std::string>>();
  return {found->get<std::string>()};
}

// Fills in what the flags leave open of each search.
Options with_defaults(Options options) {
  auto& search = options.search;
  search.least = least;
  if (!search.most) search.most = default_most;
  search.start = std::min(default_first_load, *search.most);
  refuse(*search.most < asked, "--most: the map is about 25 instances, and so at least 25");
  refuse(options.overrides.contains("fsync_latency"),
         "--fsync-latency: a map has several: --fsync-latencies");
  refuse(!options.postgres.empty(),
         "--postgres: a map needs servers of its own, whose fsyncs can be delayed");
  return options;
}

Options options_of(const Options& options, const MapCell& cell) {
  Options own = options;
  own.overrides["store"] = cell.store;
  own.overrides["durability"] = cell.durability;
  own.overrides["fsync_latency"] = name_of(cell.latency);
  std::string name = cell.store + "-" + cell.durability + "-" + name_of(cell.latency);
  for (char& c : name) {
    if (c == ':' || c == ',' || c == '=') c = '-';
  }
  own.report /= name;
  return own;
}

std::string minutes(std::chrono::duration<double, std::ratio<60>> time) {
  return reports::decimals(time.count(), time.count() < 10 ? 1 : 0);
}

class MapRun {
 public:
  explicit MapRun(const Options& given)
      : options_(with_defaults(given)),
        file_(options_.report / "map.json"),
        cells_(map_cells(words_of(options_.overrides, "store", store_names()),
                         words_of(options_.overrides, "durability", {"process", "power"}),
                         parse_latencies(options_.search.fsync_latencies))) {}

  int run() {
    const SearchPlan plan = plan_for(cells_.front());
    begin(plan);
    std::erase_if(cells_, [this](const MapCell& cell) { return is_done(cell); });
    announce(plan);
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (!measure(cells_[i])) return stop();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      const auto left =
          took / static_cast<double>(i + 1) * static_cast<double>(cells_.size() - i - 1);
      print(std::to_string(i + 1) + " of " + std::to_string(cells_.size()) +
            " searches done; some " + minutes(left) + " minutes left\n\n");
    }
    write_report();
    return exit_pass;
  }

 private:
  SearchPlan plan_for(const MapCell& cell) {
    SearchPlan plan = plan_search(options_of(options_, cell), default_map_step, progress_);
    plan.longest_step = longest_step;
    plan.range.asked = asked;
    return plan;
  }

  // A new map, or the one that is there.
  void begin(const SearchPlan& plan) {
    map_.parameters = parameters_of(plan, options_);
    map_.machine = reports::probe_environment(
        options_.directory.empty() ? place_on_a_disk() : options_.directory, "", "");
    if (options_.search.anew || !std::filesystem::exists(file_)) return;
    reports::CapacityMap before = read();
    if (const auto difference = why_not_the_same(before, map_)) {
      throw Error(ErrorCode::usage, "'" + file_.string() + "' is another map: " + *difference +
                                        ". Name another --report, or begin --anew");
    }
    map_.machine = reports::together(before.machine, map_.machine);
    map_.date = before.date;
    map_.cells = std::move(before.cells);
  }

  reports::CapacityMap read() const {
    std::ifstream stream(file_);
    try {
      return reports::map_from_json(std::string(std::istreambuf_iterator<char>(stream), {}));
    } catch (const Error& error) {
      throw Error(ErrorCode::usage, "cannot go on with '" + file_.string() + "': " + error.what());
    }
  }

  bool is_done(const MapCell& cell) const {
    return map_.find(cell.store, cell.durability, name_of(cell.latency)) != nullptr;
  }

  void announce(const SearchPlan& plan) {
    const MapEstimate time = estimate(plan, cells_.size());
    print("map: " + std::to_string(cells_.size()) + " searches" +
          (map_.cells.empty() ? std::string()
                              : ", " + std::to_string(map_.cells.size()) + " are there already") +
          "; about " + minutes(time.shortest) + " to " + minutes(time.longest) + " minutes\n\n");
  }

  // Returns whether the search came to an end.
  bool measure(const MapCell& cell) {
    const Options own = options_of(options_, cell);
    SearchPlan plan = plan_for(cell);
    plan.range.first = first_load(map_, cell, plan.range);
    print(conditions_of(plan.load) + "\n");
    SearchOutcome outcome;
    try {
      outcome = carry_out_search(plan, own, progress_);
    } catch (const Abandoned&) {
      return false;
    }
    print("  " + text_of(outcome.cell.capacity) + "\n");
    if (outcome.cell.capacity.end == reports::SearchEnd::interrupted) return false;
    map_.cells.push_back(std::move(outcome.cell));
    map_.machine = reports::together(map_.machine, outcome.machine);
    map_.date = today();
    write();
    return true;
  }

  // Never half a map, since the next run goes on with it.
  void write() const {
    const auto unfinished = options_.report / "map.json.new";
    reports::write_file(unfinished, reports::to_json(map_));
    std::filesystem::rename(unfinished, file_);
    reports::write_file(options_.report / "map.md", reports::to_markdown(map_));
    const reports::Page page{.searches = {{.name = "", .map = map_}}};
    reports::write_file(options_.report / "map.html", reports::to_html(page));
  }

  int stop() {
    print("interrupted: the same command goes on after " + std::to_string(map_.cells.size()) +
          " searches\n");
    return exit_inconclusive;
  }

  void write_report() {
    print(reports::to_markdown(map_) + "\nmap: " + file_.string() + "\n");
    if (options_.json) std::cout << reports::to_json(map_) << std::flush;
  }

  void print(const std::string& text) { print_for_people(options_, progress_, text); }

  Options options_;
  std::filesystem::path file_;
  std::vector<MapCell> cells_;
  Progress progress_{std::cerr, Progress::style_of_stderr()};
  reports::CapacityMap map_;
};

}  // namespace

int measure_map(const Options& options) { return MapRun(options).run(); }

}  // namespace yardmaster::loadgen
