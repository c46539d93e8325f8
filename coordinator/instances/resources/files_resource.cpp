#include "coordinator/instances/resources/files_resource.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/instance_token.h"
#include "coordinator/instances/processes/launch_file.h"
#include "coordinator/instances/roles/agent_command.h"
#include "coordinator/instances/roles/instance_files.h"
#include "coordinator/instances/roles/prompt.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// Claude Code wants a UUID for a session.
std::string make_session_id() {
  return boost::uuids::to_string(boost::uuids::random_generator()());
}

std::string path_of(const std::map<std::string, std::string>& environment) {
  const auto found = environment.find("PATH");
  return found == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
}

[[noreturn]] void cannot_write(const fs::path& file) {
  throw Error(ErrorCode::storage_full, file.string() + ": cannot be written: is the disk full?");
}

void write_own_files(const fs::path& directory, const std::map<std::string, std::string>& files) {
  std::error_code ignored;
  fs::remove_all(directory, ignored);  // of an earlier life of the name
  for (const auto& [name, text] : files) {
    const fs::path file = directory / name;
    make_private_directory(file.parent_path());
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) cannot_write(file);
  }
}

}  // namespace

FilesResource::FilesResource(FileWorkers& workers, const Roles& roles, Paths paths,
                             AgentOptions options)
    : workers_(workers), roles_(roles), paths_(std::move(paths)), options_(std::move(options)) {}

void FilesResource::plan(const InstanceRequest& request, Instance& instance) {
  if (!is_launched(request)) return;
  const Role& role = roles_.find(request.role);
  if (instance.agent_command.empty()) instance.agent_command = role.agent_command;
  if (instance.agent_command.empty()) instance.agent_command = options_.command;
  instance.session_id = make_session_id();
  const std::vector<std::string> argv = argv_of(instance, configuration_of(instance));
  // A foreground agent's program is looked for on the caller's own PATH instead.
  if (!request.foreground) require_program(argv.front(), path_of(options_.environment));
}

std::string FilesResource::first_prompt_of(const Instance& instance) const {
  return instance.task.empty() ? roles_.find(instance.role).first_prompt : instance.task;
}

AgentConfiguration FilesResource::configuration_of(const Instance& instance) const {
  const Role& role = roles_.find(instance.role);
  ConfigurationFacts facts;
  facts.program = options_.program;
  facts.hooks = options_.hooks;
  facts.wakes = wakes_by_hooks(instance);
  facts.directory = paths_.agent_files(instance.name);
  facts.prompt_file = paths_.prompt(instance.name);
  facts.mcp_servers = servers_of(role);
  return yardmaster::configuration_of(kind_of(instance), facts);
}

const AgentKind& FilesResource::kind_of(const Instance& instance) const {
  return roles_.kind_of(instance.role, instance.agent_command);
}

bool FilesResource::wakes_by_hooks(const Instance& instance) const {
  return roles_.wake_way_of(instance.role, instance.agent_command, options_.hooks) ==
         WakeWay::hooks;
}

nlohmann::json FilesResource::servers_of(const Role& role) const {
  nlohmann::json servers = nlohmann::json::object();
  if (!options_.mcp_files) return servers;
  for (const std::string& server : role.mcp_servers) {
    servers[server] = roles_.mcp_definition(server);
  }
  return servers;
}

std::vector<std::string> FilesResource::argv_of(const Instance& instance,
                                                const AgentConfiguration& configuration) const {
  AgentFacts facts;
  facts.instance = instance.name;
  facts.task = first_prompt_of(instance);
  facts.session_id = instance.session_id;
  facts.prompt_file = paths_.prompt(instance.name).string();
  facts.worktree = instance.worktree_path;
  facts.skip_permissions = options_.skip_permissions;
  return agent_argv(kind_of(instance), instance.agent_command, facts, configuration.options);
}

std::map<std::string, std::string> FilesResource::environment_of(
    const Instance& instance, const AgentConfiguration& configuration) const {
  std::map<std::string, std::string> environment = options_.environment;
  for (const char* name : {"TMUX", "TMUX_PANE", "YARDMASTER_CONFIG"}) environment.erase(name);
  const std::string program_directory = fs::path(options_.program).parent_path().string();
  environment["PATH"] = program_directory + ":" + path_of(options_.environment);
  environment["PWD"] = instance.worktree_path;
  environment["YARDMASTER_INSTANCE"] = instance.name;
  environment["YARDMASTER_SOCKET"] = instance.socket_path;
  environment["YARDMASTER_STATE_DIR"] = paths_.state_dir.string();
  environment["YARDMASTER_RUNTIME_DIR"] = paths_.runtime_dir.string();
  environment["YARDMASTER_PROMPT_FILE"] = paths_.prompt(instance.name).string();
  const std::string first_prompt = first_prompt_of(instance);
  if (fits_environment(first_prompt)) environment["YARDMASTER_TASK"] = first_prompt;
  // What whoever configures the agents has said stays.
  environment.insert(configuration.environment.begin(), configuration.environment.end());
  environment["YARDMASTER_TOKEN"] = instance_token(paths_.token_prefix, instance.id);
  return environment;
}

asio::awaitable<void> FilesResource::acquire(Instance& instance) {
  if ((instance.owned & owns_processes) == 0) co_return;
  std::function<void()> work = [this, instance] { write(instance); };
  co_await workers_.run(std::move(work), instance.worktree_path);
}

void FilesResource::write(const Instance& instance) const {
  const Role& role = roles_.find(instance.role);
  write_prompt(instance, role);
  AgentConfiguration configuration = configuration_of(instance);
  LaunchFile launch;
  launch.argv = argv_of(instance, configuration);
  launch.environment = environment_of(instance, configuration);
  write_configuration(instance, std::move(configuration));
  launch.directory = instance.worktree_path;
  launch.file_mask = options_.file_mask;
  make_private_directory(paths_.launch_file(instance.name).parent_path());
  begin_log(instance);
  write_launch_file(paths_.launch_file(instance.name), launch);
}

void FilesResource::write_configuration(const Instance& instance,
                                        AgentConfiguration configuration) const {
  write_own_files(paths_.agent_files(instance.name), configuration.files);
  InstanceFiles files;
  files.instance_id = instance.name;
  files.role = instance.role;
  files.socket_path = instance.socket_path;
  files.broker_socket = paths_.broker_socket().string();
  files.worktree_path = instance.worktree_path;
  files.base_branch = instance.base_branch;
  files.instance_branch = instance.branch;
  files.others = std::move(configuration.worktree_files);
  const AgentKind& kind = kind_of(instance);
  if (kind.configuration == ConfigurationForm::worktree) {
    ConfigurationFacts facts;
    facts.program = options_.program;
    facts.wakes = wakes_by_hooks(instance);
    if (options_.hooks) files.hooks = claude_hooks(kind, facts);
    files.mcp_servers = servers_of(roles_.find(instance.role));
  }
  write_instance_files(instance.worktree_path, files);
}

// Whoever looks before the agent has said anything finds an empty log, and not none. What cannot be
// written is said by the window's log-output.
void FilesResource::begin_log(const Instance& instance) const {
  if (instance.log_path.empty()) return;
  make_private_directory(fs::path(instance.log_path).parent_path());
  const UniqueFd log(
      ::open(instance.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

void FilesResource::write_prompt(const Instance& instance, const Role& role) const {
  PromptFacts facts;
  facts.instance = instance.name;
  facts.repo = instance.repo;
  facts.branch = instance.branch;
  facts.base_branch = instance.base_branch;
  facts.worktree = instance.worktree_path;
  facts.socket = instance.socket_path;
  facts.task = instance.task;
  facts.repository_part = read_repository_part(instance.worktree_path, instance.role);
  facts.cli_reference = options_.cli_reference;
  const fs::path file = paths_.prompt(instance.name);
  make_private_directory(file.parent_path());
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << assemble_prompt(role, facts);
  stream.close();
  if (!stream) cannot_write(file);
}

asio::awaitable<void> FilesResource::release(Instance& instance, const Ending& /*ending*/) {
  if ((instance.owned & owns_processes) == 0) co_return;
  std::function<void()> work = [this, name = instance.name] {
    std::error_code ignored;
    fs::remove(paths_.prompt(name), ignored);
    fs::remove_all(paths_.agent_files(name), ignored);
    remove_launch_file(paths_.launch_file(name));
  };
  co_await workers_.run(std::move(work), instance.worktree_path);
}

}  // namespace yardmaster
