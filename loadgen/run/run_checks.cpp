#include "loadgen/run/run_checks.h"

#include <string>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/client/client.h"
#include "loadgen/databases/fresh_directory.h"
#include "loadgen/run/pushgateway.h"
#include "loadgen/run/supervisor.h"
#include "loadgen/workloads/reconnecting_session.h"

namespace yardmaster::loadgen {
namespace {

void require_writable(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure || ::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--report: cannot write to '" + directory.string() + "'");
  }
}

// A coordinator that runs already keeps its way of taking checkpoints.
void require_policy(const Options& options, const Scenario& scenario) {
  Client client(options.connect);
  const auto status = client.call("status");
  const auto policy =
      status.value("store", nlohmann::json::object()).value("checkpoint_policy", std::string());
  for (const auto& plan : scenario.runs) {
    if (!plan.names_checkpoint_policy || policy.empty() || plan.checkpoint_policy == policy) {
      continue;
    }
    throw Error(ErrorCode::usage, "--connect: the scenario '" + plan.scenario + "' asks for " +
                                      plan.checkpoint_policy +
                                      " checkpoints, but the coordinator " + "there has " + policy +
                                      " ones");
  }
}

// Its process runs already, with the disk that it has.
void refuse_fsync_latency(const char* flag, const Scenario& scenario) {
  for (const auto& plan : scenario.runs) {
    if (plan.fsync_latency.none()) continue;
    throw Error(ErrorCode::usage, std::string(flag) + ": the scenario '" + plan.scenario +
                                      "' asks for an fsync latency, which only a private "
                                      "coordinator and database can be given");
  }
}

void refuse_direct(const Scenario& scenario) {
  for (const auto& plan : scenario.runs) {
    if (plan.topology == Topology::broker) continue;
    throw Error(ErrorCode::usage,
                "--connect: with the topology direct there is no coordinator to connect to");
  }
}

void refuse_real(const Scenario& scenario) {
  for (const auto& plan : scenario.runs) {
    if (plan.resources == Resources::simulated) continue;
    throw Error(ErrorCode::usage,
                "--connect: real instances are started with a private coordinator and repository "
                "only");
  }
}

void require_listener(const std::string& socket_path) {
  EventLoop loop;
  const ReconnectingSession session(loop, socket_path);
}

void require_textfile_place(const std::filesystem::path& textfile) {
  if (textfile.empty()) return;
  const auto directory = textfile.has_parent_path() ? textfile.parent_path() : ".";
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--textfile: cannot write to '" + directory.string() + "'");
  }
}

}  // namespace

void check_options(const Options& options, const Scenario& scenario, Progress& progress) {
  for (const auto& plan : scenario.runs) allow_connections(plan, options.connect.empty());
  if (!options.connect.empty()) {
    refuse_direct(scenario);
    refuse_real(scenario);
    refuse_fsync_latency("--connect", scenario);
    require_listener(options.connect);
    require_policy(options, scenario);
  }
  if (!options.postgres.empty()) refuse_fsync_latency("--postgres", scenario);
  require_writable(options.report);
  require_textfile_place(options.textfile);
  if (!options.pushgateway.empty()) push_address(options.pushgateway);
  const auto& directory = options.directory;
  if (directory.empty()) return;
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure)) {
    throw Error(ErrorCode::usage,
                "--directory: there is no directory '" + directory.string() + "'");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--directory: cannot write to '" + directory.string() + "'");
  }
  if (is_in_memory(directory)) {
    progress.print_line(
        "loadgen: warning: '" + directory.string() +
        "' is in memory, where an fsync costs nothing: the figures say nothing about a "
        "disk");
  }
}

}  // namespace yardmaster::loadgen
