#include "loadgen/plan/options.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/plan/command_text.h"
#include "loadgen/plan/verb_flags.h"

namespace yardmaster::loadgen {
namespace {

constexpr const char* description =
    "Simulates coding-agent instances against a coordinator and says, with statistics that hold "
    "up,\nwhether this machine carries them.\n\n"
    "Without --connect it starts a coordinator of its own on fresh state, and removes it "
    "afterwards.\nBy default it measures for up to 240 s and stops at a quarter or a half of that "
    "if everything\nis decided by then.";

constexpr const char* examples =
    "Examples:\n"
    "  loadgen --instances 25\n"
    "  loadgen --instances 10,25,50 --duration 60s --json > report.json\n"
    "  loadgen --scenario stampede --target write_p999=50ms\n"
    "  loadgen --closed-loop --instances 50 --duration 20s --durability power\n"
    "  loadgen --topology direct --transaction deferred --instances 25\n"
    "  loadgen --resources real --instances 25\n"
    "  loadgen --connect $XDG_RUNTIME_DIR/yardmaster/broker.sock --instances 25\n"
    "  loadgen scenarios\n"
    "  loadgen --store sqlite,postgres --instances 10,25,50\n"
    "  loadgen compare before/report.json after/report.json\n"
    "  loadgen compare a1,a2,a3 b1,b2,b3\n"
    "  loadgen compare --run '--durability process' '--durability power'\n"
    "  loadgen compare --aa 6 --duration 5s\n"
    "  loadgen report report/ map/map.json\n"
    "  loadgen history reports-of-a-year\n"
    "  loadgen selftest\n"
    "  loadgen decide\n"
    "  loadgen search --slo write_p99=30ms --fsync-latency 5ms --durability power\n"
    "  loadgen map --report map\n\n"
    "Exit status: 0 pass, 99 a target failed (compare: a significant regression between sets; "
    "--aa: more\nfound than 5% explain; selftest: something planted was missed; decide: the record "
    "is\ncontradicted), 3 inconclusive "
    "(search: no load holds), 2 usage, 1 could not run.\n"
    "Ctrl-C ends a run early with what was "
    "measured.";

constexpr std::array<std::string_view, 7> workload_names{
    "writes", "handoffs", "broadcasts", "churn", "websocket", "bursts", "hostile"};

// The texts of the flags that are fields of a scenario.
struct FieldFlags {
  std::vector<std::string> instances;
  std::optional<std::string> interval, arrivals, duration, max_duration, vouch_for, warmup, pairs,
      checkpoint_policy, durability, payload_bytes, seed, fsync_latency, topology, transaction,
      busy_timeout, resources, repo_files, churn_edited;
  std::vector<std::string> churn_kinds;
  std::vector<std::string> stores;
  std::vector<std::string> workloads;
  std::vector<std::string> targets;
  bool closed_loop = false;
};

// A number if it looks like one; else the text, which the scenario's reader then complains about.
nlohmann::json number_or_text(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure == std::errc() && rest == end && !text.empty()) return number;
  return text;
}

using Text = std::optional<std::string>;

void take_text(Overrides& overrides, const char* field, const Text& text) {
  if (text) overrides[field] = *text;
}

void take_number(Overrides& overrides, const char* field, const Text& text) {
  if (text) overrides[field] = number_or_text(*text);
}

void take_part(Overrides& overrides, const char* field, const Text& text) {
  if (!text) return;
  const auto number = nlohmann::json::parse(*text, nullptr, false);
  overrides[field] = number.is_number() ? number : nlohmann::json(*text);
}

// The named workloads run, the others do not.
nlohmann::json chosen_workloads(const std::vector<std::string>& names) {
  auto chosen = nlohmann::json::object();
  for (const auto name : workload_names) chosen[name] = false;
  for (const auto& name : names) {
    if (!chosen.contains(name)) {
      throw Error(ErrorCode::usage, "--workloads: there is no workload '" + name +
                                        "' (there are writes, handoffs, broadcasts, churn, "
                                        "websocket, bursts, hostile)");
    }
    chosen[name] = true;
  }
  return chosen;
}

Overrides overrides_from(const FieldFlags& flags) {
  auto overrides = Overrides::object();
  if (!flags.instances.empty()) {
    overrides["instances"] = nlohmann::json::array();
    for (const auto& text : flags.instances) overrides["instances"].push_back(number_or_text(text));
  }
  take_text(overrides, "interval", flags.interval);
  take_text(overrides, "arrivals", flags.arrivals);
  take_text(overrides, "duration", flags.duration);
  take_text(overrides, "max_duration", flags.max_duration);
  take_text(overrides, "vouch_for", flags.vouch_for);
  take_text(overrides, "warmup", flags.warmup);
  if (!flags.stores.empty()) overrides["store"] = flags.stores;
  take_number(overrides, "pairs", flags.pairs);
  take_text(overrides, "checkpoint_policy", flags.checkpoint_policy);
  take_text(overrides, "durability", flags.durability);
  take_text(overrides, "fsync_latency", flags.fsync_latency);
  take_text(overrides, "topology", flags.topology);
  take_text(overrides, "transaction", flags.transaction);
  take_text(overrides, "busy_timeout", flags.busy_timeout);
  take_text(overrides, "resources", flags.resources);
  take_number(overrides, "repo_files", flags.repo_files);
  take_part(overrides, "churn_edited", flags.churn_edited);
  if (!flags.churn_kinds.empty()) overrides["churn_kinds"] = flags.churn_kinds;
  take_number(overrides, "payload_bytes", flags.payload_bytes);
  take_number(overrides, "seed", flags.seed);
  if (flags.closed_loop) overrides["closed_loop"] = true;
  if (!flags.workloads.empty()) overrides["workloads"] = chosen_workloads(flags.workloads);
  if (!flags.targets.empty()) overrides["targets"] = flags.targets;
  return overrides;
}

// Adds options to one group of the help.
class Group {
 public:
  Group(CLI::App& app, const char* name) : app_(app), name_(name) {}

  template <typename T>
  CLI::Option* add(const char* flag, const char* type, T& value, const std::string& help) {
    return app_.add_option(flag, value, help)->type_name(type)->group(name_);
  }
  CLI::Option* add(const char* flag, bool& value, const char* help) {
    return app_.add_flag(flag, value, help)->group(name_);
  }

 private:
  CLI::App& app_;
  const char* name_;
};

void add_load_flags(CLI::App& app, FieldFlags& flags, Options& options) {
  Group group(app, "The load");
  group.add("--instances", "N[,N...]", flags.instances, "how many; several run in turn [25]")
      ->delimiter(',');
  group.add("--interval", "TIME", flags.interval,
            "between the writes of an instance, with a unit [250ms]");
  group.add("--arrivals", "WORD", flags.arrivals,
            "staggered, aligned or poisson [staggered; direct: poisson]");
  group.add("--closed-loop", flags.closed_loop,
            "one write outstanding each, as fast as it goes; writes only");
  auto* duration = group.add("--duration", "TIME", flags.duration,
                             "measure for so long, with one look at the end");
  auto* max_duration =
      group
          .add("--max-duration", "TIME", flags.max_duration,
               "measure for at most so long, looking at 1/4, 1/2 and the end [240s]")
          ->excludes(duration);
  group
      .add("--vouch-for", "TIME", flags.vouch_for,
           "measure for as long as it takes not to miss stalls of this length in a P99, 299 times "
           "as long, with one look at the end")
      ->excludes(duration)
      ->excludes(max_duration);
  group.add("--warmup", "TIME", flags.warmup, "run before anything is measured [1s]");
  group.add("--payload-bytes", "N", flags.payload_bytes, "size of an entry [256]");
  group.add("--durability", "WORD", flags.durability, "process or power [process]");
  group
      .add("--workloads", "NAMES", flags.workloads,
           "of writes, handoffs, broadcasts, churn, websocket, hostile: these and no others, "
           "whatever "
           "the scenario says; or bursts, alone and with --resources real [all but the last two]")
      ->delimiter(',');
  group.add("--seed", "N", flags.seed, "for payloads and poisson arrivals [1]");
  group
      .add("--target", "LIMIT", flags.targets,
           "a limit to judge by, such as write_p99=20us; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  group.add("--scenario", "NAME|FILE", options.scenario,
            "a built-in scenario or a file; flags override its fields");
}

void add_coordinator_flags(CLI::App& app, FieldFlags& flags, Options& options) {
  Group group(app, "The coordinator");
  auto* connect = group.add("--connect", "SOCKET", options.connect,
                            "use the one that listens here, instead of a private one");
  group
      .add("--store", "WORD[,WORD]", flags.stores,
           "of the private one: " + store_choice() + "; both are compared in interleaved pairs [" +
               std::string(to_string(default_store)) + "]")
      ->delimiter(',')
      ->excludes(connect);
  group.add("--pairs", "N", flags.pairs, "with two stores: so many runs on each, of 30s [3]")
      ->excludes(connect);
  group
      .add("--postgres", "CONNINFO", options.postgres,
           "a PostgreSQL server to make fresh databases on [a throw-away server]")
      ->excludes(connect);
  group
      .add("--checkpoint-policy", "WORD", flags.checkpoint_policy,
           "of the private one: adaptive, every-write or auto [adaptive; direct: auto]")
      ->excludes(connect);
  group
      .add("--directory", "DIR", options.directory,
           "where the private one's fresh state goes [TMPDIR or /var/tmp]")
      ->excludes(connect);
  group
      .add("--fsync-latency", "TIME", flags.fsync_latency,
           "added to each fsync of the private one's store: 5ms, uniform:1ms..9ms or "
           "lognormal:5ms,p99=30ms [0ms]")
      ->excludes(connect);
  group.add("--keep", options.keep, "keep the private one's state")->excludes(connect);
}

void add_real_flags(CLI::App& app, FieldFlags& flags) {
  Group group(app, "Real instances");
  group.add("--resources", "WORD", flags.resources,
            "simulated, or real: each instance with a git worktree, a tmux window and the process "
            "of a small agent [simulated]");
  group.add("--repo-files", "N", flags.repo_files,
            "of the repository that they work in, 1 to 4 kB each [2000]");
  group
      .add("--churn-kinds", "NAMES", flags.churn_kinds,
           "how those that churn end, in turns: agent, window, exit, crash, children, release, "
           "hang, stubborn, stillborn [all]")
      ->delimiter(',');
  group.add("--churn-edited", "PART", flags.churn_edited,
            "of those that churn, from 0 to 1: have uncommitted work, which is to be saved [0]");
}

void add_direct_flags(CLI::App& app, FieldFlags& flags) {
  Group group(app, "Without a coordinator");
  group.add("--topology", "WORD", flags.topology,
            "broker, or direct: each instance a process with its own connection to the database "
            "[broker]");
  group.add("--transaction", "WORD", flags.transaction,
            "of direct: immediate, or deferred, which reads before it writes [immediate]");
  group.add("--busy-timeout", "TIME", flags.busy_timeout,
            "of direct: how long to wait for a lock before the busy error [5s]");
}

void add_output_flags(CLI::App& app, Options& options) {
  Group group(app, "What comes out");
  group.add("--report", "DIR", options.report,
            "for report.json, report.md, report.html and *.hlog [report]");
  group.add("--json", options.json, "print report.json on standard output");
  group.add("--serve", "ADDRESS:PORT", options.serve,
            "show the report as a page while the runs go on");
  group.add("--metrics-listen", "ADDRESS:PORT", options.metrics_listen,
            "serve Prometheus metrics while running, and until a last scrape");
  group.add("--metrics-remote", options.metrics_remote,
            "let --metrics-listen name an address that others can reach");
  group.add("--textfile", "FILE", options.textfile,
            "leave the metrics for a node exporter's textfile collector");
  group.add("--pushgateway", "URL", options.pushgateway,
            "push the metrics to a Prometheus Pushgateway when the runs are over");
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

Options options_of_side(const Options& options, const std::string& side) {
  auto words = words_of(side);
  if (!words.empty() && !words.front().starts_with('-')) {
    words.insert(words.begin(), "--scenario");
  }
  const Options own = parse_options(words);
  if (own.verb != Verb::run) throw Error(ErrorCode::usage, "--run: '" + side + "' is no load");
  Options merged = options;
  merged.overrides.update(own.overrides);
  if (!own.scenario.empty()) merged.scenario = own.scenario;
  if (!own.connect.empty()) merged.connect = own.connect;
  if (!own.postgres.empty()) merged.postgres = own.postgres;
  if (!own.directory.empty()) merged.directory = own.directory;
  return merged;
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  FieldFlags flags;
  CLI::App app(description, "loadgen");
  app.footer(examples);
  app.set_version_flag("--version", "loadgen " YARDMASTER_VERSION);
  add_load_flags(app, flags, options);
  add_coordinator_flags(app, flags, options);
  add_real_flags(app, flags);
  add_direct_flags(app, flags);
  add_output_flags(app, options);
  options.command = command_text(arguments);
  add_verbs(app, options);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    options.verb = Verb::help;
    options.text = app.help();
    return options;
  } catch (const CLI::CallForVersion&) {
    options.verb = Verb::help;
    options.text = app.version() + "\n";
    return options;
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::usage, error.what());
  }
  options.verb = verb_of(app, options);
  options.overrides = overrides_from(flags);
  return options;
}

}  // namespace yardmaster::loadgen
