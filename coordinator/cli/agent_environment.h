// The variables that an agent gets. Pure, any thread.
#pragma once

#include <map>
#include <string>

namespace yardmaster::cli {

using Variables = std::map<std::string, std::string>;

// PATH of one who has none.
inline constexpr const char* usual_path = "/usr/local/bin:/usr/bin:/bin";

// In a window: those of the launch file, which are complete, but for what tells where the agent
// runs. `own` are those of the process that becomes the agent.
Variables window_environment(Variables launch, const Variables& own);

// In a person's terminal: that person's own (keys, agents, PATH), and of the launch file what makes
// the agent an instance: YARDMASTER_*, of which none is the person's. As in a window, PATH begins
// with the directory of this program.
Variables foreground_environment(const Variables& launch, Variables own,
                                 const std::string& program_directory);

}  // namespace yardmaster::cli
