// A shell script that leads a session of its own, as an agent in a window does, with a token in its
// environment. It and its session are killed with the object. Main thread only.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace yardmaster::support {

struct AgentOptions {
  std::string script;      // executed by /bin/sh
  std::string token = {};  // empty: none
  bool subreaper = false;  // processes that lose their parent become its children
  std::string program_name = "sh";
};

class Agent {
 public:
  explicit Agent(const AgentOptions& options);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  pid_t pid() const { return pid_; }
  // SIGKILL to it alone; it stays a zombie until it is reaped.
  void kill_leader() const;
  void reap();

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
};

// Returns whether a process runs (a zombie does not).
bool is_running(pid_t pid);
// The pid that a script wrote into a file, once it has.
pid_t pid_in(const std::string& file);
pid_t parent_of(pid_t pid);

}  // namespace yardmaster::support
