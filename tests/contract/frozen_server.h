// Stops a PostgreSQL server's processes (SIGSTOP) for as long as it lives: connections stay open,
// and nobody answers.
#pragma once

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <sys/types.h>

namespace yardmaster::support {

class FrozenServer {
 public:
  enum class What { backends, everything };

  FrozenServer(pid_t postmaster, What what) {
    // The postmaster goes first, so that it starts none meanwhile.
    stop(postmaster);
    const std::string process = std::to_string(postmaster);
    std::ifstream children("/proc/" + process + "/task/" + process + "/children");
    for (pid_t child = 0; children >> child;) {
      if (what == What::everything || serves_a_client(child)) stop(child);
    }
    if (what == What::backends) go_on(0);
  }
  ~FrozenServer() {
    for (std::size_t i = 0; i < stopped_.size(); ++i) go_on(i);
  }
  FrozenServer(const FrozenServer&) = delete;
  FrozenServer& operator=(const FrozenServer&) = delete;

 private:
  // "postgres: USER DATABASE [local] STATE", unlike the server's own: "postgres: checkpointer ".
  static bool serves_a_client(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/cmdline");
    std::string title;
    std::getline(file, title, '\0');
    return title.find("[local]") != std::string::npos;
  }
  void stop(pid_t process) {
    ::kill(process, SIGSTOP);
    stopped_.push_back(process);
  }
  void go_on(std::size_t index) const { ::kill(stopped_[index], SIGCONT); }

  std::vector<pid_t> stopped_;
};

}  // namespace yardmaster::support
