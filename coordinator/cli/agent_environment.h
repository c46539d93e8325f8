// The variables that an agent gets. Pure, any thread.
#pragma once

#include <map>
#include <string>

namespace yardmaster::cli {

using Variables = std::map<std::string, std::string>;

// PATH of one who has none.
inline constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";

// Returns the environment of an agent in a window: the variables of the launch file, which are
// complete, except for those that tell where the agent runs. These are taken from `own`, the
// environment of the process that becomes the agent.
Variables window_environment(Variables launch, const Variables& own);

// Returns the environment of an agent in a person's terminal: that person's own variables (keys,
// agents, PATH), and from the launch file those that make the agent an instance: YARDMASTER_*, of
// which none is the person's. As in a window, PATH begins with the directory of this program. The
// variables that lead git to another repository, or tell Claude Code that it runs within itself,
// stay behind.
Variables foreground_environment(const Variables& launch, Variables own,
                                 const std::string& program_directory);

}  // namespace yardmaster::cli
