// The agents of a yard that live now, told by what their processes carry in their environment: for
// whoever has no store to ask yet. Blocking, some milliseconds; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace yardmaster {

struct LivingAgent {
  std::int64_t pid = 0;  // the lowest of those with its token
  std::string token;
  std::string instance;               // its name
  std::filesystem::path runtime_dir;  // that its sockets were made in; empty: not known
};

// Those whose tokens begin so, one for each token, by name.
std::vector<LivingAgent> find_living_agents(const std::string& token_prefix);

// What a process carries; empty: nothing, or it has ended.
std::string token_of_process(std::int64_t pid);

// "worker-1 (pid 12), worker-2 (pid 34) and 3 more".
std::string names_of(const std::vector<LivingAgent>& agents);

}  // namespace yardmaster
