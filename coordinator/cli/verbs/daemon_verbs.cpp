#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/store_kind.h"
#include "coordinator/base/surroundings.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/fresh_daemon.h"
#include "coordinator/cli/launch.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/reference.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/daemon/backup.h"
#include "coordinator/daemon/daemon.h"
#include "coordinator/daemon/daemon_lock.h"
#include "coordinator/store/open_database.h"
#include "coordinator/store/postgres_defaults.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// Hidden from people: it is this program that starts the daemon in the foreground of nobody.
constexpr const char* detached_flag = "--detached";

// The daemon does not have the variables of whoever starts it: what comes from them is written out.
Config complete_config(const Places& places) {
  Config config = places.load().config;
  if (config.store_kind() == StoreKind::postgres) {
    config.postgres = with_postgres_environment(config.postgres);
  }
  return config;
}

int run_daemon(const Config& config, bool force) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // else nobody hears how git ended
  AgentSurroundings surroundings;
  surroundings.cli_reference = cli_reference();
  surroundings.file_mask = file_mask_of(config.agent_umask);
  ::umask(077);
  ::pthread_setname_np(::pthread_self(), "yardmaster");
  Daemon daemon(config, std::move(surroundings), force);
  daemon.run();
  return 0;
}

// What was wanted is true already, unless it runs otherwise.
void tell_it_runs(const Config& config, pid_t holder) {
  const std::string pid = std::to_string(holder);
  try {
    connect_to_yard(config);
  } catch (const Error& error) {
    throw Error(error.code(), "it runs already: pid " + pid + "; " + error.what());
  }
  const std::optional<YardRecord> yard = read_yard_record(config.state_dir);
  if (yard && yard->store != config.store) {
    throw Error(ErrorCode::conflict,
                "it runs already: pid " + pid + ", on " + yard->store + ": stop it first");
  }
  std::cout << "yardmaster runs already: pid " << pid << ", socket "
            << config.paths().broker_socket().string() << "\n";
}

void start_in_background(const Config& config, std::vector<std::string> arguments) {
  if (const auto holder = lock_holder(config.paths().lock())) return tell_it_runs(config, *holder);
  arguments.emplace_back(detached_flag);
  const pid_t pid = launch_daemon(config.paths(), arguments);
  std::cout << "yardmaster started: pid " << pid << ", socket "
            << config.paths().broker_socket().string() << "\n";
}

std::vector<std::string> foreground_arguments(const Places& places) {
  std::vector<std::string> arguments{"start", "--foreground"};
  const auto add = [&](const char* flag, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(flag);
    arguments.push_back(value);
  };
  add("--config", places.config_file);
  add("--state-dir", places.state_dir);
  add("--runtime-dir", places.runtime_dir);
  add("--store", places.store);
  add("--checkpoint-policy", places.checkpoint_policy);
  add("--listen", places.listen);
  if (places.force) arguments.emplace_back("--force");
  return arguments;
}

void print_row(const std::string& name, const std::string& value) {
  std::cout << name << std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') << value << "\n";
}

std::string plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

std::string with_decimals(double value, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, unit);
  return text.data();
}

void print_status(const json& status) {
  print_row("pid", plain(status["pid"]));
  print_row("version", plain(status["version"]));
  print_row("uptime", with_decimals(status["uptime_s"].get<double>(), "s"));
  const json& store = status["store"];
  print_row("store", plain(store["engine"]) + " " + plain(store["version"]) + ", " +
                         plain(store["path"]) + ", checkpoints " +
                         plain(store["checkpoint_policy"]) + ", " + plain(store["log_frames"]) +
                         " frames in the log");
  for (const auto& [name, count] : status["counts"].items()) print_row(name, plain(count));
  const WallTime now = SystemClock().wall_now();
  for (const json& each : list_of(status, "waiting")) {
    print_row(text_of(each, "state"), text_of(each, "instance_id") + " " + waiting_text(each, now));
  }
  print_row("memory", with_decimals(status["rss_bytes"].get<double>() / 1048576, "MiB"));
  print_row("cpu", with_decimals(status["cpu_s"].get<double>(), "s"));
  const json& recovery = status["recovery"];
  print_row("last stop", recovery["clean"].get<bool>() ? "orderly" : "not orderly, recovered");
  for (const auto& [name, count] : recovery["instances"].items()) {
    if (count != 0) print_row("  " + name, plain(count) + " instances");
  }
}

void show_status(const Places& places, bool as_json) {
  const json status = places.connect().call("status");
  if (as_json) {
    print_json(status);
  } else {
    print_status(status);
  }
}

// The copy is made by the daemon when one runs, else under its lock.
void back_up(const Config& config, const std::string& file) {
  const auto target = std::filesystem::absolute(file).lexically_normal();
  if (lock_holder(config.paths().lock())) {
    connect_to_yard(config).call("backup", {{"file", target.string()}}, std::chrono::hours(1));
  } else {
    const bool is_file = !traits_of(config.store_kind()).has_server;
    if (is_file && !std::filesystem::exists(config.paths().database())) {
      throw Error(ErrorCode::usage, "there is no database in " + config.state_dir);
    }
    const DaemonLock lock(config.paths().lock());
    const auto database = open_database(config);
    write_backup(*database->open_reader(), target);
  }
  std::cout << "backed up to " << target.string() << "\n";
}

// A daemon whose socket is gone can still be told by a signal, which lets the agents go on.
std::optional<Client> reach_for_stop(const Config& config, const std::optional<pid_t>& holder,
                                     bool with_tmux) {
  try {
    return connect_to_yard(config);
  } catch (const Error& error) {
    const bool can_signal = holder && *holder > 0 && !with_tmux;
    if (error.code() != ErrorCode::unavailable || !can_signal) throw;
  }
  if (::kill(*holder, SIGTERM) != 0) throw_unavailable("cannot signal the daemon");
  return std::nullopt;
}

std::string store_names() {
  std::string names;
  for (const StoreTraits& store : all_stores) names.append(store.name).append(" ");
  return names;
}

void add_start(CLI::App& parent, Places& places, int& status) {
  CLI::App* start = parent.add_subcommand("start", "Start the daemon and wait until it answers");
  add_place_options(*start, places);
  completed_with(start->add_option("--store", places.store, store_choice()), store_names());
  completed_with(start->add_option("--checkpoint-policy", places.checkpoint_policy,
                                   "adaptive, every-write or auto"),
                 "adaptive every-write auto");
  must_not_be_empty(
      start->add_option("--listen", places.listen,
                        "Also serve HTTP there, on the loopback, to who has an access "
                        "token"))
      ->type_name("ADDRESS:PORT");
  CLI::Option* foreground = start->add_flag("--foreground")
                                ->description("Stay, and be the daemon, instead of starting one");
  start->add_flag("--force", places.force,
                  "Start though agents that live cannot be taken up, or the database is gone: "
                  "they are ended (their work is saved), it is begun anew");
  CLI::Option* settings =
      start->add_option(settings_option, "Settings, handed over by the starting process")
          ->group("");
  CLI::Option* detached =
      start->add_flag(detached_flag)->description("Be started by nobody in particular")->group("");
  start->footer(
      "Agents that an earlier daemon left are taken up. A yard stays with the runtime directory\n"
      "and the store that it had; where its agents cannot be taken up, nothing is started.\n"
      "The daemon and its agents have nothing of your shell, so it does not matter where it is\n"
      "started from; 'yardmaster config show' shows what they have instead.\n"
      "Example: yardmaster start --state-dir ~/yard --checkpoint-policy adaptive");
  start->callback([&places, &status, foreground, settings, detached] {
    if (settings->count() > 0) {
      status = run_daemon(take_settings(settings->as<int>()), places.force);
      return;
    }
    const Config config = complete_config(places);
    if (foreground->count() > 0) {
      become_fresh_daemon(config, foreground_arguments(places), detached->count() > 0);
    }
    start_in_background(config, foreground_arguments(places));
  });
}

}  // namespace

// Waits until the lock is given back, which is the last thing that a daemon does.
void stop_daemon(const Config& config, bool with_tmux) {
  const auto lock = config.paths().lock();
  const auto holder = lock_holder(lock);
  json request = json::object();
  if (with_tmux) request["tmux"] = true;
  if (std::optional<Client> client = reach_for_stop(config, holder, with_tmux)) {
    client->call("stop", request);
  }
  if (!holder) return;  // it stopped meanwhile
  for (int waited_ms = 0; lock_holder(lock) == holder; waited_ms += 5) {
    if (waited_ms > 10'000) {
      throw Error(ErrorCode::timed_out, "the daemon (pid " + std::to_string(*holder) +
                                            ") does not stop; see " +
                                            config.paths().log().string());
    }
    ::poll(nullptr, 0, 5);
  }
  std::cout << "yardmaster stopped (pid " << *holder << ")\n";
}

void add_running_verbs(CLI::App& parent, Places& places, int& status) {
  add_start(parent, places, status);

  CLI::App* stop = parent.add_subcommand("stop", "Stop the daemon and wait until it is gone");
  add_place_options(*stop, places);
  stop->footer(
      "Agents in windows go on; the next 'yardmaster start' takes them up again. To end\n"
      "them too: yardmaster stop-all");
  stop->callback([&places] { stop_daemon(places.load().config, false); });

  CLI::App* show = parent.add_subcommand("status", "Show what the daemon does");
  add_place_options(*show, places);
  CLI::Option* as_json = add_json_flag(*show);
  show->footer("Example: yardmaster status --json");
  show->callback([&places, as_json] { show_status(places, as_json->count() > 0); });
}

void add_daemon_verbs(CLI::App& app, Places& places, int& status) {
  add_running_verbs(app, places, status);
  CLI::App* backup = app.add_subcommand("backup", "Copy the store, also while the daemon runs");
  add_place_options(*backup, places);
  CLI::Option* file = backup->add_option("FILE", "The copy, which must not exist yet")->required();
  completed_with(file, Names::files);
  backup->footer("Example: yardmaster backup ~/yard-monday.db");
  backup->callback([&places, file] { back_up(places.load().config, file->as<std::string>()); });
}

}  // namespace yardmaster::cli
