// These verbs run in an agent's window and beside it. They are not for people, so help does not
// name them.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/process_environment.h"
#include "coordinator/cli/agent_environment.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/output/output_log.h"
#include "coordinator/instances/processes/launch_file.h"

namespace yardmaster::cli {
namespace {

constexpr int cannot_start = 127;  // as shells exit for a command not found
constexpr const char* hidden = "";

// tmux reads no more of a terminal once its program has ended, not even what the kernel still
// holds.
void let_the_terminal_take_it() {
  if (::isatty(STDERR_FILENO) == 1) ::poll(nullptr, 0, 100);
}

[[noreturn]] void give_up(const std::string& program, const std::string& why) {
  std::cerr << "yardmaster: cannot start '" << program << "': " << why << std::endl;
  let_the_terminal_take_it();
  std::_Exit(cannot_start);
}

Variables foreground_environment_here(const Variables& launch) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  return foreground_environment(launch, own_environment(), program.parent_path().string());
}

void take_environment(const Variables& variables) {
  ::clearenv();
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
}

// tmux leaves some ignored: an agent has them as a fresh program does.
void reset_signals_of_agent() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Becomes the program, so that nothing stands between it and whoever watches or ends it.
[[noreturn]] void exec_agent(const std::filesystem::path& file, bool foreground) {
  LaunchFile launch = read_launch_file(file);
  ::unlink(file.c_str());
  const std::string program = launch.argv.front();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1UL);  // orphans among its descendants become its children
  if (launch.file_mask && !foreground) ::umask(*launch.file_mask);
  if (!launch.directory.empty() && ::chdir(launch.directory.c_str()) != 0) {
    give_up(program, launch.directory.string() + ": " + std::strerror(errno));
  }
  take_environment(foreground ? foreground_environment_here(launch.environment)
                              : window_environment(launch.environment, own_environment()));
  if (!foreground) reset_signals_of_agent();
  std::vector<char*> words;
  words.reserve(launch.argv.size() + 1);
  for (std::string& word : launch.argv) words.push_back(word.data());
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  give_up(program, std::strerror(errno));
}

// Reads on whatever happens to the file: a program that writes into a full pipe would stand still.
void log_output(const std::filesystem::path& file, std::uint64_t max_bytes) {
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  OutputLog log(file, max_bytes);
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    log.write(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

}  // namespace

void add_agent_process_verbs(CLI::App& app, Places& /*places*/) {
  CLI::App* exec =
      app.add_subcommand("exec-agent", "Become what a launch file says")->group(hidden);
  CLI::Option* launch = exec->add_option("LAUNCHFILE")->required();
  CLI::Option* foreground = exec->add_flag("--foreground");
  exec->callback(
      [launch, foreground] { exec_agent(launch->as<std::string>(), foreground->count() > 0); });

  CLI::App* log = app.add_subcommand("log-output", "Keep standard input in a file")->group(hidden);
  CLI::Option* file = log->add_option("FILE")->required();
  CLI::Option* max_bytes = log->add_option("--max-bytes")->required()->check(CLI::PositiveNumber);
  log->callback(
      [file, max_bytes] { log_output(file->as<std::string>(), max_bytes->as<std::uint64_t>()); });
}

}  // namespace yardmaster::cli
