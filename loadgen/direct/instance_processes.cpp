#include "loadgen/direct/instance_processes.h"

#include <csignal>
#include <string>

#include <sys/wait.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"
#include "loadgen/direct/direct_instance.h"

namespace yardmaster::loadgen {
namespace {

constexpr const char* this_program = "/proc/self/exe";

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
  ChildStart start;
  start.argv = {"loadgen", std::string(direct_instance_verb), std::to_string(memory_.descriptor()),
                std::to_string(number)};
  start.program = this_program;
  start.environment = environment_with(environment_);
  start.passed = PassedDescriptor{memory_.descriptor(), memory_.descriptor()};
  start.group = ChildGroup::own_group;  // a Ctrl-C is for loadgen alone, which then ends the run
  start.death_signal = SIGKILL;
  try {
    pids_.push_back(start_child(start).pid);
  } catch (const Error& failure) {
    throw Error(ErrorCode::unavailable, "cannot start more than " + std::to_string(pids_.size()) +
                                            " processes of instances: " + failure.what());
  }
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
