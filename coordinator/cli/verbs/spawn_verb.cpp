#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/free_texts.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/repository_choice.h"
#include "coordinator/cli/yard_connection.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// A checkout may be long.
constexpr auto spawn_timeout = std::chrono::minutes(30);

// A worker's has neither a role nor a foreground.
struct SpawnOptions {
  CLI::Option* role = nullptr;
  CLI::Option* repo = nullptr;
  CLI::Option* name = nullptr;
  CLI::Option* task = nullptr;
  CLI::Option* from = nullptr;
  CLI::Option* agent = nullptr;
  CLI::Option* foreground = nullptr;
  CLI::Option* as_json = nullptr;
};

json allocation_request(const SpawnOptions& options, const std::string& repo) {
  json request{{"role", "worker"}, {"repo", repo}};
  const auto add = [&request](const char* key, const CLI::Option* option) {
    if (option != nullptr && option->count() > 0) request[key] = value_of(*option);
  };
  add("role", options.role);
  add("instance_id", options.name);
  add("task", options.task);
  add("from", options.from);
  add("agent_command", options.agent);
  return request;
}

void print_started(const Places& places, const json& instance) {
  const std::string name = text_of(instance, "instance_id");
  std::string base = text_of(instance, "start_ref");
  if (base.empty()) base = text_of(instance, "base_branch");
  std::cout << name << " is started: " << text_of(instance, "role") << ", branch "
            << text_of(instance, "branch") << (base.empty() ? "" : " from " + base) << "\n"
            << "  worktree  " << text_of(instance, "worktree_path") << "\n";
  for (const json& note : list_of(instance, "notes")) {
    std::cout << "  note      " << one_line(note.get<std::string>()) << "\n";
  }
  if (text_of(instance, "tmux_session").empty()) return;
  std::cout << "  see it    " << places.command({"attach", name}) << "\n";
}

// An agent gets them as a shell would give them to it.
void restore_signals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The agent takes this very process over, so it has the terminal, and whoever waits for this
// process waits for it.
[[noreturn]] void become_agent(const std::string& launch_file) {
  std::string program = "yardmaster";
  std::string verb = "exec-agent";
  std::string flag = "--foreground";
  std::string file = launch_file;
  const std::array<char*, 5> arguments{program.data(), verb.data(), flag.data(), file.data(),
                                       nullptr};
  std::cout.flush();
  restore_signals();
  ::execv("/proc/self/exe", arguments.data());
  throw Error(ErrorCode::unavailable,
              std::string("cannot start the agent: ") + std::strerror(errno));
}

[[noreturn]] void spawn_in_foreground(Client& client, json request) {
  request["foreground"] = true;
  request["pid"] = ::getpid();
  const json instance = client.call("allocate_instance", request, spawn_timeout);
  const std::string launch_file = text_of(instance, "launch");
  if (launch_file.empty()) {
    throw Error(ErrorCode::internal,
                "the daemon did not say how to start the agent; is it older "
                "than this program? Stop and start it");
  }
  std::cerr << text_of(instance, "instance_id") << " starts here, in "
            << text_of(instance, "worktree_path") << "\n";
  become_agent(launch_file);
}

void spawn(const Places& places, const SpawnOptions& options) {
  const Config config = places.load().config;
  const Paths paths = config.paths();
  Client client = connect_to_yard(config);
  std::string repo = value_of(*options.repo);
  if (repo.empty()) {
    repo = choose_repository(client.list("list_repos", "repos"), "",
                             std::filesystem::current_path(), paths.worktrees());
  }
  json request = allocation_request(options, repo);
  const bool in_foreground = options.foreground != nullptr && options.foreground->count() > 0;
  if (in_foreground) spawn_in_foreground(client, std::move(request));
  const json instance = client.call("allocate_instance", request, spawn_timeout);
  if (options.as_json->count() > 0) return print_json(instance);
  print_started(places, instance);
}

// --repo, --name, --from, --agent and --json.
void add_common_options(CLI::App& verb, Places& places, SpawnOptions& options) {
  add_place_options(verb, places);
  const auto text = [&](const char* flag, const char* value, const char* help) {
    return must_not_be_empty(verb.add_option(flag)->description(help)->type_name(value));
  };
  options.repo = add_repository_option(verb, "Default: the only one, or the one you are in");
  options.name =
      must_be_name(text("--name", "NAME", "What it is called (default: its role and a number)"));
  options.from = text("--from", "REF", "Where its branch begins (default: the base branch)");
  options.agent = text("--agent", "COMMAND", "Instead of the configured agent_command");
  options.as_json = add_json_flag(verb);
}

}  // namespace

void add_work_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("work", "As spawn worker --task TASK, ls and rm");
  SpawnOptions options;
  options.task = must_not_be_empty(verb->add_option(free_text, "The task of a new worker"));
  add_common_options(*verb, places, options);
  verb->footer(
      "Examples:\n"
      "  yardmaster work 'Add unit tests for the parser'\n"
      "  yardmaster work list\n"
      "  yardmaster work rm worker-1");
  add_list_verb(*verb, places, "list");
  add_removal_verb(*verb, places);
  verb->callback([&places, verb, options] {
    if (!verb->get_subcommands().empty()) return;
    if (options.task->count() == 0) {
      throw Error(ErrorCode::usage, "say what to do: yardmaster work 'Fix the parser'");
    }
    spawn(places, options);
  });
}

void add_spawn_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand(
      "spawn", "Start an agent in a git worktree and a terminal window of its own");
  SpawnOptions options;
  CLI::Option* role = verb->add_option("ROLE",
                                       "worker, supervisor, merge-queue, developer, "
                                       "debugger, architect or one of roles.json");
  options.role = completed_with(must_be_name(role), Names::roles)->required();
  CLI::Option* task = verb->add_option("--task", "Its first prompt")->type_name("TEXT");
  options.task = must_not_be_empty(task);
  add_common_options(*verb, places, options);
  options.foreground =
      verb->add_flag("--foreground")->description("In this terminal instead of a window");
  options.foreground->excludes(options.as_json);
  verb->footer(
      "Returns when the agent has shown that it lives. Its branch is instance/NAME. In the\n"
      "foreground it has the environment of this terminal, else that of the daemon.\n"
      "Examples:\n"
      "  yardmaster spawn worker --task 'Fix issue 12 and add a test'\n"
      "  yardmaster spawn debugger --repo api --name flaky --from origin/develop\n"
      "  yardmaster spawn developer --agent 'codex {task}' --task 'Tidy the parser'\n"
      "  yardmaster spawn worker --foreground");
  verb->callback([&places, options] { spawn(places, options); });
}

}  // namespace yardmaster::cli
