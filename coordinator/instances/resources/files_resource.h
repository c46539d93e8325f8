// This resource is the files that an agent finds when it starts: its prompt, the files in its
// worktree that tell it where it is, and its launch file. Broker thread; files are written on a
// worker.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <sys/types.h>

#include "coordinator/base/paths.h"
#include "coordinator/instances/processes/file_workers.h"
#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/instances/roles/agent_configuration.h"
#include "coordinator/instances/roles/roles.h"

namespace yardmaster {

struct AgentOptions {
  std::string command;  // when neither the request nor the role names one
  bool skip_permissions = false;
  bool hooks = true;
  bool mcp_files = true;
  std::string program;                             // path of this program, for hooks
  std::string cli_reference;                       // for prompts
  std::map<std::string, std::string> environment;  // whoever it is
  std::optional<mode_t> file_mask = {};            // the agents' umask; none: the daemon's
};

class FilesResource final : public InstanceResource {
 public:
  FilesResource(FileWorkers& workers, const Roles& roles, Paths paths, AgentOptions options);

  std::string_view name() const override { return "files"; }
  // Throws not_found for a role that there is not, or a program that is not installed.
  void plan(const InstanceRequest& request, Instance& instance) override;
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& /*instance*/) override {
    co_return Adoption::held;
  }
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  void write(const Instance& instance) const;
  void write_configuration(const Instance& instance, AgentConfiguration configuration) const;
  void begin_log(const Instance& instance) const;
  void write_prompt(const Instance& instance, const Role& role) const;
  // Its task, or how an agent of its role begins without one.
  std::string first_prompt_of(const Instance& instance) const;
  AgentConfiguration configuration_of(const Instance& instance) const;
  const AgentKind& kind_of(const Instance& instance) const;
  bool wakes_by_hooks(const Instance& instance) const;
  nlohmann::json servers_of(const Role& role) const;
  std::vector<std::string> argv_of(const Instance& instance,
                                   const AgentConfiguration& configuration) const;
  std::map<std::string, std::string> environment_of(const Instance& instance,
                                                    const AgentConfiguration& configuration) const;

  FileWorkers& workers_;
  const Roles& roles_;
  const Paths paths_;
  const AgentOptions options_;
};

}  // namespace yardmaster
