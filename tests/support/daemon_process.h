// The real `yardmaster` daemon with a state and a runtime directory of its own. It can be killed
// and started again on the same state. At the end nothing of it stays; if something would, the test
// fails. It also fails when the daemon's broker thread was kept from its loop: the log says by
// what. Main thread only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"
#include "tests/support/line_client.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

// The programs under test.
std::string yardmaster_program();
std::string loadgen_program();

// `yardmaster` with some arguments, run to its end.
Finished run_yardmaster(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& environment = {});

struct DaemonOptions {
  std::vector<std::string> arguments = {};  // on top of start --foreground and the directories
  std::string config = {};                  // the configuration file's text; empty: no file
  std::filesystem::path state_dir = {};     // empty: a fresh one
  // On top of the test's own. The daemon keeps these; its agents have what the setting
  // agent_environment says.
  std::map<std::string, std::string> environment = {};
  bool may_stall = false;  // a test that plants stalls, or stops the process
};

// Such variables, with the setting that has the daemon keep them.
std::map<std::string, std::string> daemon_environment(std::map<std::string, std::string> given);

class DaemonProcess {
 public:
  // Starts it and waits until it answers; throws std::runtime_error with its output if it does not.
  explicit DaemonProcess(DaemonOptions options = {});
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  void start();
  // SIGKILL, as a crash would end it.
  void kill();
  // SIGTERM; its exit status, and the test fails when it takes longer than the deadline.
  int stop(Deadline deadline = Deadline());

  pid_t pid() const { return process_->pid(); }
  ChildProcess& process() { return *process_; }
  std::filesystem::path state_dir() const { return state_dir_; }
  std::filesystem::path database() const { return state_dir_ / "yard.db"; }
  std::filesystem::path runtime_dir() const { return scratch_ / "run"; }
  std::filesystem::path socket() const { return runtime_dir() / "broker.sock"; }
  std::filesystem::path instance_socket(std::string_view name) const;
  // The options that point a command at this daemon.
  std::vector<std::string> directories() const;

  LineClient connect() const { return LineClient(socket()); }
  // Makes one request on a connection of its own; see LineClient::call.
  nlohmann::json call(std::string_view command,
                      const nlohmann::json& arguments = nlohmann::json::object()) const;
  // `yardmaster COMMAND... --state-dir … --runtime-dir …`
  Finished command(std::vector<std::string> arguments) const;
  // The words of such a command, to be run beside the test.
  std::vector<std::string> command_words(std::vector<std::string> arguments) const;
  // GET of a path with curl; fails the test unless it answers 200.
  std::string http_get(const std::string& path) const;
  // Returns what the daemon has written to its log and to standard error.
  std::string log() const;
  // The lines of its log about stalls of the broker thread.
  std::vector<std::string> stalls() const;

 private:
  std::vector<std::string> command_line() const;

  DaemonOptions options_;
  TemporaryDirectory scratch_;
  std::filesystem::path state_dir_;
  std::optional<ChildProcess> process_;
};

}  // namespace yardmaster::support
