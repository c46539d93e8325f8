#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
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

struct SpawnOptions {
  const CLI::Option* role;
  const CLI::Option* repo;
  const CLI::Option* name;
  const CLI::Option* task;
  const CLI::Option* from;
  const CLI::Option* agent;
  const CLI::Option* foreground;
  const CLI::Option* as_json;
};

json allocation_request(const SpawnOptions& options, const std::string& repo) {
  json request{{"role", options.role->as<std::string>()}, {"repo", repo}};
  const auto add = [&request](const char* key, const CLI::Option& option) {
    if (option.count() > 0) request[key] = value_of(option);
  };
  add("instance_id", *options.name);
  add("task", *options.task);
  add("from", *options.from);
  add("agent_command", *options.agent);
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
  if (options.foreground->count() > 0) spawn_in_foreground(client, std::move(request));
  const json instance = client.call("allocate_instance", request, spawn_timeout);
  if (options.as_json->count() > 0) return print_json(instance);
  print_started(places, instance);
}

}  // namespace

void add_spawn_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand(
      "spawn", "Start an agent in a git worktree and a terminal window of its own");
  add_place_options(*verb, places);
  const auto option = [verb](const char* flag, const char* value, const char* help) {
    return verb->add_option(flag)->description(help)->type_name(value);
  };
  SpawnOptions options{};
  const auto name = [&](const char* flag, const char* help) {
    return must_be_name(option(flag, "NAME", help));
  };
  const auto text = [&](const char* flag, const char* value, const char* help) {
    return must_not_be_empty(option(flag, value, help));
  };
  options.role = must_be_name(verb->add_option("ROLE",
                                               "worker, supervisor, merge-queue, developer, "
                                               "debugger, architect or one of roles.json"))
                     ->required();
  options.repo = name("--repo", "Default: the only one, or the one you are in");
  options.name = name("--name", "What it is called (default: its role and a number)");
  options.task = text("--task", "TEXT", "Its first prompt");
  options.from = text("--from", "REF", "Where its branch begins (default: the base branch)");
  options.agent = text("--agent", "COMMAND", "Instead of the configured agent_command");
  CLI::Option* foreground =
      verb->add_flag("--foreground")->description("In this terminal instead of a window");
  CLI::Option* as_json = add_json_flag(*verb);
  foreground->excludes(as_json);
  options.foreground = foreground;
  options.as_json = as_json;
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
