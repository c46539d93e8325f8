#include "coordinator/cli/launch.h"

#include <array>
#include <chrono>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {
namespace {

constexpr auto start_timeout = std::chrono::seconds(60);
constexpr auto interval_ms = 5;

pid_t start_daemon_process(const std::vector<std::string>& arguments, int errors) {
  const UniqueFd null = open_null();
  ChildStart start;
  start.argv = {"yardmaster"};
  start.argv.insert(start.argv.end(), arguments.begin(), arguments.end());
  start.program = "/proc/self/exe";
  start.environment = environment_with({});
  start.input = null.get();
  start.output = null.get();
  start.errors = errors;
  start.group = ChildGroup::own_session;
  return start_child(start).pid;
}

std::string read_all(const UniqueFd& pipe) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(pipe.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  while (text.ends_with('\n')) text.pop_back();
  constexpr std::string_view prefix = "yardmaster: ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// Another daemon may answer: then the one that was started is about to say that it cannot run.
bool answers(const Paths& paths, pid_t pid) {
  try {
    return Client(paths.broker_socket()).call("ping").at("pid") == pid;
  } catch (const Error&) {
    return false;
  }
}

[[noreturn]] void report_end(int status, const UniqueFd& errors) {
  const std::string said = read_all(errors);
  const bool usage = WIFEXITED(status) && WEXITSTATUS(status) == 2;
  throw Error(usage ? ErrorCode::usage : ErrorCode::unavailable,
              said.empty() ? "the daemon ended at once" : said);
}

}  // namespace

pid_t launch_daemon(const Paths& paths, const std::vector<std::string>& arguments) {
  Pipe errors = make_pipe();
  const pid_t pid = start_daemon_process(arguments, errors.write.get());
  errors.write.reset();
  const SteadyTime deadline = std::chrono::steady_clock::now() + start_timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) report_end(status, errors.read);
    if (answers(paths, pid)) return pid;
    ::poll(nullptr, 0, interval_ms);
  }
  throw Error(ErrorCode::timed_out, "the daemon (pid " + std::to_string(pid) +
                                        ") does not answer; see " + paths.log().string());
}

}  // namespace yardmaster::cli
