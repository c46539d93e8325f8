#include "coordinator/cli/launch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {
namespace {

constexpr auto start_timeout = std::chrono::seconds(60);
constexpr auto interval_ms = 5;

// Between fork and exec only calls that are safe there.
[[noreturn]] void become_daemon(std::vector<char*>& arguments, int null, int errors) {
  ::setsid();
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
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
  std::vector<std::string> words{"yardmaster"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  std::array<int, 2> pipe{};
  if (!null || ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorCode::unavailable, std::string("cannot start: ") + std::strerror(errno));
  }
  const UniqueFd errors(pipe[0]);
  UniqueFd errors_end(pipe[1]);
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(ErrorCode::unavailable, std::string("fork: ") + std::strerror(errno));
  if (pid == 0) become_daemon(argv, null.get(), errors_end.get());
  errors_end.reset();
  const SteadyTime deadline = std::chrono::steady_clock::now() + start_timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) report_end(status, errors);
    if (answers(paths, pid)) return pid;
    ::poll(nullptr, 0, interval_ms);
  }
  throw Error(ErrorCode::timed_out, "the daemon (pid " + std::to_string(pid) +
                                        ") does not answer; see " + paths.log().string());
}

}  // namespace yardmaster::cli
