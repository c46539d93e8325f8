#include "tests/instances/agent.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/unique_fd.h"
#include "tests/support/deadline.h"
#include "tests/support/system_error.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {
namespace {

// The state and the parent, fields 3 and 4 of /proc/PID/stat.
std::pair<char, pid_t> state_and_parent(pid_t pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return {'X', 0};
  return {text[name_end + 2], std::atoi(text.c_str() + name_end + 4)};
}

}  // namespace

Agent::Agent(const AgentOptions& options) {
  const std::string token = "YARDMASTER_TOKEN=" + options.token;
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("YARDMASTER_")) variables.emplace_back(*entry);
  }
  if (!options.token.empty()) variables.push_back(token);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::array<int, 2> started{};
  if (::pipe2(started.data(), O_CLOEXEC) != 0) throw_system_error("pipe");
  const UniqueFd reading(started[0]);
  UniqueFd writing(started[1]);
  pid_ = ::fork();
  if (pid_ < 0) throw_system_error("fork");
  if (pid_ > 0) {
    writing.reset();
    char none = 0;
    if (::read(reading.get(), &none, 1) != 0) {  // ends when it is the shell
      throw_system_error("read");
    }
    return;
  }
  ::setsid();
  if (options.subreaper) ::prctl(PR_SET_CHILD_SUBREAPER, 1UL);
  ::execle("/bin/sh", options.program_name.c_str(), "-c", options.script.c_str(), nullptr,
           environment.data());
  ::_exit(127);
}

Agent::~Agent() {
  ::kill(-pid_, SIGKILL);
  if (!reaped_) reap();
}

void Agent::kill_leader() const { ::kill(pid_, SIGKILL); }

void Agent::reap() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  reaped_ = true;
}

bool is_running(pid_t pid) {
  const char state = state_and_parent(pid).first;
  return state != 'X' && state != 'Z';
}

pid_t parent_of(pid_t pid) { return state_and_parent(pid).second; }

pid_t pid_in(const std::string& file) {
  std::string text;
  const bool written = eventually([&] {
    text = read_file(file);
    return text.ends_with('\n');
  });
  if (!written) throw std::runtime_error("nothing was written to " + file);
  return std::atoi(text.c_str());
}

}  // namespace yardmaster::support
