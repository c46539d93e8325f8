#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/release.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr std::size_t default_history = 20;
constexpr auto list_timeout = std::chrono::seconds(30);

json instances_of(Client& client, const std::string& repo, bool gone) {
  json request = json::object();
  if (!repo.empty()) request["repo"] = repo;
  if (gone) request["state"] = "gone";
  return client.list("list_instances", "instances", request);
}

// They come with the first page.
json waiting_of(Client& client, const std::string& repo) {
  json request{{"limit", 1}};
  if (!repo.empty()) request["repo"] = repo;
  return list_of(client.call("list_instances", request), "waiting");
}

// An empty list may also mean that there is no such repository.
void require_repository(Client& client, const std::string& name) {
  if (name.empty() || find_repository(client, name)) return;
  throw Error(ErrorCode::not_found,
              "there is no repository '" + one_line(name) + "' ('yardmaster repo ls' shows them)");
}

void print_no_instances(const Places& places, const std::string& repo) {
  std::vector<std::string> spawn{"spawn", "worker"};
  if (!repo.empty()) spawn.insert(spawn.end(), {"--repo", repo});
  spawn.insert(spawn.end(), {"--task", "…"});
  std::cout << "no instances" << (repo.empty() ? "" : " of " + repo) << "; start one with "
            << places.command(spawn) << "\n";
}

void print_instances(const Places& places, const json& instances, const json& waiting) {
  const WallTime now = SystemClock().wall_now();
  json rows = instances;
  rows.insert(rows.end(), waiting.begin(), waiting.end());
  std::cout << instances_table(rows, now).text(terminal_width());
  for (const json& each : waiting) {
    const std::string name = text_of(each, "instance_id");
    std::cout << name << " " << waiting_text(each, now);
    if (!text_of(each, "reason").empty()) {
      std::cout << "; see " << places.command({"history", name}) << ", then spawn it again, or "
                << places.command({"rm", name});
    }
    std::cout << "\n";
  }
}

void list_instances(const Places& places, const std::string& repo, bool all, bool as_json) {
  Client client = places.connect();
  json instances = by_name(instances_of(client, repo, false), "instance_id");
  const json waiting = by_name(waiting_of(client, repo), "instance_id");
  if (all) {
    for (json& each : instances_of(client, repo, true)) {
      instances.push_back(std::move(each));
    }
  }
  const bool nothing = instances.empty() && waiting.empty();
  if (nothing) require_repository(client, repo);
  if (as_json) return print_json({{"instances", instances}, {"waiting", waiting}});
  if (nothing) return print_no_instances(places, repo);
  print_instances(places, instances, waiting);
}

void print_history(const Places& places, const json& gone, const std::string& name) {
  const WallTime now = SystemClock().wall_now();
  if (gone.empty()) {
    std::cout << "no instance" << (name.empty() ? "" : " called " + one_line(name))
              << " has ended yet\n";
  } else if (name.empty()) {
    std::cout << history_table(gone, now).text(terminal_width());
  } else {
    for (const json& each : gone) std::cout << ending_text(each, now, places.restore_command());
  }
}

struct HistoryOptions {
  const CLI::Option* name;
  const CLI::Option* repo;
  const CLI::Option* last;
  const CLI::Option* as_json;
};

json endings_of(Client& client, const std::string& name, const std::string& repo,
                std::size_t most) {
  json request{{"state", "gone"}};
  if (!name.empty()) request["name"] = name;
  if (!repo.empty()) request["repo"] = repo;
  // Asked first: one that ends meanwhile is among those that have ended.
  const bool lives = !name.empty() && find_instance(client, name).has_value();
  json found = client.list("list_instances", "instances", request, list_timeout, most);
  if (!found.empty()) return found;
  require_repository(client, repo);
  if (!name.empty() && !lives) {
    throw Error(ErrorCode::not_found, "nothing is known of an instance '" + one_line(name) +
                                          "': 'yardmaster ls' shows who runs, 'yardmaster "
                                          "history' who ran");
  }
  return found;
}

void show_history(const Places& places, const HistoryOptions& options) {
  const std::string name = value_of(*options.name);
  const std::size_t most = count_of(*options.last).value_or(name.empty() ? default_history : 1);
  Client client = places.connect();
  const json gone = latest_first(endings_of(client, name, value_of(*options.repo), most), most);
  if (options.as_json->count() > 0) return print_json({{"instances", gone}});
  print_history(places, gone, name);
}

void add_history(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("history", "List the instances that have ended, and how");
  add_place_options(*verb, places);
  HistoryOptions options{};
  CLI::Option* name = must_be_name(
      verb->add_option("NAME", "All about the last one of this name, and its last output"));
  completed_with(name, Names::ended_instances);
  options.name = name;
  options.repo = add_repository_option(*verb, "Only of this repository");
  options.last = verb->add_option("-n,--last", "How many (default: 20, or 1 of a name; 0: all)")
                     ->type_name("COUNT");
  options.as_json = add_json_flag(*verb);
  verb->footer(
      "Examples:\n"
      "  yardmaster history -n 5\n"
      "  yardmaster history worker-1");
  verb->callback([&places, options] { show_history(places, options); });
}

void print_ended(const Places& places, const json& ended) {
  std::cout << text_of(ended, "instance_id") << " is gone (" << one_line(text_of(ended, "reason"))
            << ")\n"
            << rescued_text(list_of(ended, "rescue"), places.restore_command());
}

}  // namespace

CLI::App* add_list_verb(CLI::App& parent, Places& places, const char* name) {
  CLI::App* verb = parent.add_subcommand(name, "List the instances");
  add_place_options(*verb, places);
  CLI::Option* repo = add_repository_option(*verb, "Only of this repository");
  CLI::Option* all = verb->add_flag("--all")->description("Those that are gone, too");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(
      "States: starting, running, idle (waits for input), unknown (cannot be told now),\n"
      "stopping, gone; waiting (has died, and is started again), given up (died too often).\n"
      "Examples:\n"
      "  yardmaster ls\n"
      "  yardmaster ls --repo api --json");
  verb->callback([&places, repo, all, as_json] {
    list_instances(places, value_of(*repo), all->count() > 0, as_json->count() > 0);
  });
  return verb;
}

void add_removal_verb(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("rm", "End an instance and take back what it had");
  add_place_options(*verb, places);
  CLI::Option* name = must_be_name(verb->add_option("NAME", "As ls shows it"))->required();
  completed_with(name, Names::instances);
  CLI::Option* force =
      verb->add_flag("--force")->description("Kill its processes at once, without a grace");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(
      "Work that is not committed or not pushed is saved first, with --force too; the\n"
      "command that gets it back is printed.\n"
      "Example: yardmaster rm worker-1");
  verb->callback([&places, name, force, as_json] {
    json request{{"instance_id", name->as<std::string>()}};
    if (force->count() > 0) request["force"] = true;
    const json ended = places.connect().call("release_instance", request, ending_timeout);
    if (as_json->count() > 0) return print_json(ended);
    print_ended(places, ended);
  });
}

void add_complete_verb(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("complete", "Say that your task is done, and end");
  add_place_options(*verb, places);
  CLI::Option* summary = verb->add_option("--summary", "What was done; the supervisor gets it");
  summary->type_name("TEXT");
  CLI::Option* instance = must_be_name(verb->add_option("--instance", "Who you are"));
  completed_with(instance, Names::instances);
  instance->type_name("NAME")->envname("YARDMASTER_INSTANCE")->required();
  CLI::Option* key = verb->add_option("--key", "Repeating the request with this key has no effect");
  must_not_be_empty(key)->type_name("TEXT");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(
      "Commit and push first: what is not is only saved aside.\n"
      "Example: yardmaster complete --summary 'Fixed; tests are in parser_test.cpp'");
  verb->callback([&places, summary, instance, key, as_json] {
    json request{{"agent", instance->as<std::string>()}};
    if (key->count() > 0) request["key"] = value_of(*key);
    if (summary->count() > 0) request["summary"] = value_of(*summary);
    const json ended = places.connect().call("complete_agent", request, ending_timeout);
    if (as_json->count() > 0) return print_json(ended);
    std::cout << instance->as<std::string>() << " is complete\n"
              << rescued_text(list_of(ended, "rescue"), places.restore_command());
  });
}

void add_instance_verbs(CLI::App& app, Places& places) {
  add_list_verb(app, places, "ls")->alias("list");
  add_history(app, places);
  add_removal_verb(app, places);
  add_complete_verb(app, places);
}

}  // namespace yardmaster::cli
