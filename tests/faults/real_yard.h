// A daemon with real instances: a repository of its own, agents that are loadgen's simulated ones,
// and looks from outside at everything that there is of them. At its end nothing runs any more,
// whatever the daemon did. Main thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "loadgen/real/outside_view.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {

class RealYard {
 public:
  // `files`: of the repository.
  explicit RealYard(std::uint64_t files);
  ~RealYard();
  RealYard(const RealYard&) = delete;
  RealYard& operator=(const RealYard&) = delete;

  DaemonProcess& daemon() { return daemon_; }
  const DaemonProcess& daemon() const { return daemon_; }
  const loadgen::YardPlaces& places() const { return places_; }
  // Returns where agents say what they have written: a file "NAME.PID" for each.
  std::filesystem::path journals() const { return place_ / "journals"; }

  // The arguments of allocate_instance; `words` are the agent's.
  nlohmann::json request(const std::string& name, std::vector<std::string> words) const;
  // Returns the living instances as the daemon lists them.
  nlohmann::json instances() const;
  // Returns what the daemon knows and is not there, and what is there and it does not know; or that
  // an instance has not settled yet. An empty list means that they agree.
  std::vector<std::string> disagreements() const;
  // Waits until they agree; fails the test with what they disagree about when they never do.
  void wait_until_consistent() const;

  // 0 when none runs.
  pid_t tmux_server() const;
  void kill_window(const loadgen::Pane& pane) const;

 private:
  TemporaryDirectory place_;
  DaemonProcess daemon_;
  loadgen::YardPlaces places_;
};

}  // namespace yardmaster::support
