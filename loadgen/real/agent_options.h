// The options that a simulated agent gets on its command line. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace yardmaster::loadgen {

inline constexpr std::string_view simulated_agent_verb = "simulated-agent";

enum class AgentBehaviour {
  normal,    // says hello, takes messages, works as told
  crash,     // the same, until it crashes
  hang,      // says hello, and then does nothing any more
  children,  // like normal, with children about: one forked, one orphaned, one in its own session,
             // one with both
  stubborn,  // the same, and all of them ignore SIGTERM, SIGHUP and SIGINT
  exit,      // ends at once
};

struct AgentOptions {
  AgentBehaviour behaviour = AgentBehaviour::normal;
  std::chrono::nanoseconds after{};   // until a crash
  std::string edit;                   // a file that it writes before it says hello
  std::chrono::nanoseconds edits{};   // between files that it writes all the time; 0: none
  std::uint64_t commit_every = 0;     // files; 0: never
  std::filesystem::path journal;      // a directory to say in what has been written
  std::chrono::nanoseconds writes{};  // between context entries; 0: none
  pid_t owner = 0;                    // the agent ends when this process does; 0: nobody
};

// `words` are those that follow the verb. Throws Error{usage}.
AgentOptions parse_agent_options(const std::vector<std::string>& words);

// The command for `agent_command`, quoted as a shell would read it.
std::string agent_command(const std::filesystem::path& program,
                          const std::vector<std::string>& words);

}  // namespace yardmaster::loadgen
