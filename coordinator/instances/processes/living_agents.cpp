#include "coordinator/instances/processes/living_agents.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "coordinator/instances/processes/proc_files.h"
#include "coordinator/instances/processes/process_tree.h"

namespace yardmaster {
namespace {

constexpr std::size_t most_names = 3;

// Of "NAME=value" among variables that end with zeros each.
std::string value_in(const std::string& environment, const std::string& name) {
  const std::string wanted = std::string(1, '\0') + name + "=";
  const std::string whole = std::string(1, '\0') + environment;
  const std::size_t found = whole.find(wanted);
  if (found == std::string::npos) return {};
  const std::size_t begin = found + wanted.size();
  return whole.substr(begin, whole.find('\0', begin) - begin);
}

}  // namespace

std::vector<LivingAgent> find_living_agents(const std::string& token_prefix) {
  std::map<std::string, LivingAgent> by_token;
  for (const std::int64_t pid : list_processes()) {
    const std::string environment = read_proc_file(pid, "environ");
    std::string token = value_in(environment, token_variable);
    if (token.empty() || !token.starts_with(token_prefix) || pid == ::getpid()) continue;
    const auto known = by_token.find(token);
    if (known != by_token.end() && known->second.pid < pid) continue;
    LivingAgent agent;
    agent.pid = pid;
    agent.instance = value_in(environment, "YARDMASTER_INSTANCE");
    agent.runtime_dir = value_in(environment, "YARDMASTER_RUNTIME_DIR");
    agent.token = token;
    by_token[std::move(token)] = std::move(agent);
  }
  std::vector<LivingAgent> agents;
  agents.reserve(by_token.size());
  for (auto& [token, agent] : by_token) agents.push_back(std::move(agent));
  std::sort(agents.begin(), agents.end(), [](const LivingAgent& one, const LivingAgent& other) {
    return one.instance < other.instance;
  });
  return agents;
}

std::string token_of_process(std::int64_t pid) {
  return value_in(read_proc_file(pid, "environ"), token_variable);
}

std::string names_of(const std::vector<LivingAgent>& agents) {
  std::string text;
  for (std::size_t i = 0; i < agents.size() && i < most_names; ++i) {
    text +=
        (i == 0 ? "" : ", ") + agents[i].instance + " (pid " + std::to_string(agents[i].pid) + ")";
  }
  if (agents.size() > most_names) {
    text += " and " + std::to_string(agents.size() - most_names) + " more";
  }
  return text;
}

}  // namespace yardmaster
