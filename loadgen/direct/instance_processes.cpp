#include "loadgen/direct/instance_processes.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/databases/exec_environment.h"
#include "loadgen/direct/direct_instance.h"

namespace yardmaster::loadgen {
namespace {

constexpr const char* this_program = "/proc/self/exe";

// Between fork and exec, where other threads' locks may be held: system calls alone.
[[noreturn]] void become(char* const* argv, char* const* environment, int memory, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // a Ctrl-C is for loadgen alone, which then ends the run
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(memory, F_SETFD, 0);
  ::execve(this_program, argv, environment);
  ::_exit(127);
}

std::string ending_of(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

InstanceProcesses::~InstanceProcesses() {
  for (const pid_t pid : pids_) {
    if (pid > 0) ::kill(pid, SIGKILL);
  }
  for (const pid_t pid : pids_) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
  }
}

void InstanceProcesses::start() {
  for (std::uint32_t i = 0; i < memory_.instances(); ++i) start_one(i);
}

void InstanceProcesses::start_one(std::uint32_t number) {
  std::array<std::string, 4> arguments{"loadgen", std::string(direct_instance_verb),
                                       std::to_string(memory_.descriptor()),
                                       std::to_string(number)};
  std::array<char*, 5> argv{};
  for (std::size_t i = 0; i < arguments.size(); ++i) argv.at(i) = arguments.at(i).data();
  const std::vector<std::string> variables = environment_with(environment_);
  const std::vector<char*> envp = pointers_to(variables);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    const std::string reason = std::generic_category().message(errno);
    const std::size_t so_far = pids_.size();
    throw Error(ErrorCode::unavailable, "cannot start more than " + std::to_string(so_far) +
                                            " processes of instances: " + reason);
  }
  if (pid == 0) become(argv.data(), envp.data(), memory_.descriptor(), parent);
  pids_.push_back(pid);
  ++running_;
}

void InstanceProcesses::note_ended() {
  for (std::uint32_t i = 0; i < pids_.size(); ++i) {
    int status = 0;
    if (pids_[i] < 0 || ::waitpid(pids_[i], &status, WNOHANG) != pids_[i]) continue;
    pids_[i] = -1;
    --running_;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    const auto reason = memory_.instance(i).failure.get();
    throw Error(ErrorCode::unavailable, "instance " + std::to_string(i) +
                                            (reason.empty() ? " " : ": ") +
                                            (reason.empty() ? ending_of(status) : reason));
  }
}

bool InstanceProcesses::all_ready() const {
  for (std::uint32_t i = 0; i < memory_.instances(); ++i) {
    if (!memory_.instance(i).ready) return false;
  }
  return true;
}

}  // namespace yardmaster::loadgen
