#include <iostream>
#include <optional>
#include <thread>

#include "coordinator/base/error.h"
#include "coordinator/cli/added_repository.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/release.h"
#include "coordinator/cli/repository_choice.h"
#include "coordinator/cli/yard_connection.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto yard_start_timeout = std::chrono::minutes(30);
constexpr auto poll_interval = std::chrono::milliseconds(100);
constexpr auto repository_removal_timeout = std::chrono::minutes(5);
// Others may start instances while stop-all ends them.
constexpr int release_rounds = 5;

constexpr const char* init_roles[] = {"supervisor", "merge-queue"};

struct InitOptions {
  const CLI::Option* source;
  const CLI::Option* name;
  const CLI::Option* base;
  const CLI::Option* as_json;
};

// Waits while the instance is being started or ended.
std::optional<json> wait_for_instance(Client& client, const std::string& name) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + yard_start_timeout;
  while (true) {
    std::optional<json> found = find_instance(client, name);
    const std::string state = found ? text_of(*found, "state") : "";
    if (state != "starting" && state != "stopping") return found;
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::timed_out, "it is still " + state);
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

void require_same(const json& living, const std::string& repo, const std::string& role) {
  if (text_of(living, "repo") == repo && text_of(living, "role") == role) return;
  const std::string other = text_of(living, "role") + " of " + text_of(living, "repo");
  throw Error(ErrorCode::already_exists,
              "another instance has this name, " + other +
                  ": end it with 'yardmaster rm', or call the repository otherwise (--name)");
}

json start_role(Client& client, const std::string& repo, const std::string& role) {
  const std::string name = repo + "-" + role;
  try {
    std::optional<json> living = wait_for_instance(client, name);
    if (living) {
      require_same(*living, repo, role);
      return std::move(*living);
    }
    return client.call("allocate_instance", {{"instance_id", name}, {"role", role}, {"repo", repo}},
                       yard_start_timeout);
  } catch (const Error& failure) {
    throw Error(failure.code(), "cannot start " + name + ": " + failure.what() +
                                    " (the repository " + repo +
                                    " is added; say init again once that is put right)");
  }
}

void init(const Places& places, const InitOptions& options) {
  const RepositorySource source = repository_source(options.source->as<std::string>());
  Client client = places.connect();
  const json repository =
      add_or_find(client, source, value_of(*options.name), value_of(*options.base)).repository;
  const std::string repo = text_of(repository, "name");
  const bool as_json = options.as_json->count() > 0;
  if (!as_json) std::cout << repo << ": " << text_of(repository, "path") << "\n" << std::flush;
  json started = json::array();
  for (const char* role : init_roles) {
    started.push_back(start_role(client, repo, role));
    if (!as_json) std::cout << "  " << text_of(started.back(), "instance_id") << "\n" << std::flush;
  }
  if (as_json) return print_json({{"repo", repository}, {"instances", started}});
  std::cout << "give them something to do: "
            << places.command({"spawn", "worker", "--repo", repo, "--task", "…"}) << "\n";
}

void add_init(CLI::App& app, Places& places) {
  CLI::App* verb =
      app.add_subcommand("init", "Add a repository and start its supervisor and merge queue");
  add_place_options(*verb, places);
  InitOptions options{};
  options.source =
      completed_with(verb->add_option("PATH|URL", "As for repo add"), Names::files)->required();
  options.name =
      must_be_name(verb->add_option("--name", "What it is called here"))->type_name("NAME");
  options.base = must_not_be_empty(verb->add_option("--base", "The branch that instances begin at"))
                     ->type_name("BRANCH");
  options.as_json = add_json_flag(*verb);
  verb->footer(
      "Both are persistent: the daemon starts them again when they die. Can be repeated.\n"
      "Examples:\n"
      "  yardmaster init .\n"
      "  yardmaster init https://example.org/team/api.git");
  verb->callback([&places, options] { init(places, options); });
}

std::vector<std::string> names_of(const json& objects, const char* key) {
  std::vector<std::string> names;
  for (const json& each : objects) names.push_back(text_of(each, key));
  return names;
}

std::vector<std::string> living(Client& client) {
  return names_of(client.list("list_instances", "instances"), "instance_id");
}

std::string question_about(const std::vector<std::string>& instances, std::size_t repositories) {
  std::string question = "This ends the daemon and ";
  question += instances.empty() ? "its tmux server" : counted(instances.size(), "instance");
  if (repositories > 0)
    question += ", and forgets " + counted(repositories, "repository", "repositories");
  if (!instances.empty()) question += "; work that is not committed or not pushed is saved first";
  return question + ". Go on?";
}

void release_everything(const Places& places, Client& client) {
  const auto on_released = [&places](const json& ended) {
    std::cout << text_of(ended, "instance_id") << " is gone\n"
              << rescued_text(list_of(ended, "rescue"), places.restore_command()) << std::flush;
  };
  for (int round = 0; round < release_rounds; ++round) {
    const std::vector<std::string> names = living(client);
    if (names.empty()) return;
    const std::vector<std::string> complaints = release_all(client, names, on_released);
    if (complaints.empty()) continue;
    throw Error(ErrorCode::conflict, "the daemon still runs, since " +
                                         counted(complaints.size(), "instance") +
                                         " could not be ended; the first is " + complaints.front());
  }
  throw Error(ErrorCode::conflict, "the daemon still runs: others start instances all the time");
}

void forget_repositories(Client& client) {
  for (const json& each : client.list("list_repos", "repos")) {
    const json removed =
        client.call("remove_repo", {{"name", text_of(each, "name")}}, repository_removal_timeout);
    const std::string kept = text_of(removed, "kept");
    std::cout << text_of(each, "name") << " is removed"
              << (kept.empty() ? "" : "; its files stay in " + kept) << "\n";
  }
}

void stop_all(const Places& places, bool clean, bool yes) {
  const Config config = places.load().config;
  Client client = connect_to_yard(config);
  const std::size_t repositories = clean ? client.list("list_repos", "repos").size() : 0;
  const std::string question = question_about(living(client), repositories);
  if (!confirm(question, yes, is_interactive(), std::cin, std::cout)) {
    throw Error(ErrorCode::conflict, "nothing was done");
  }
  release_everything(places, client);
  if (clean) forget_repositories(client);
  stop_daemon(config, true);
}

void add_stop_all(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("stop-all", "End every instance, tmux and the daemon");
  add_place_options(*verb, places);
  CLI::Option* clean =
      verb->add_flag("--clean")->description("Forget the repositories, too; yours stay on disk");
  CLI::Option* yes = verb->add_flag("-y,--yes")->description("Do not ask");
  verb->footer(
      "Work that is not committed or not pushed is saved first.\n"
      "Example: yardmaster stop-all --clean --yes");
  verb->callback([&places, clean, yes] { stop_all(places, clean->count() > 0, yes->count() > 0); });
}

}  // namespace

void add_yard_verbs(CLI::App& app, Places& places) {
  add_init(app, places);
  add_stop_all(app, places);
}

}  // namespace yardmaster::cli
