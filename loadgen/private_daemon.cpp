#include "loadgen/private_daemon.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "coordinator/base/error.h"
#include "coordinator/client/line_channel.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds start_deadline{30};
constexpr std::chrono::seconds stop_deadline{10};
constexpr int glance_ms = 20;  // between looks at what tells of nothing by itself

std::string reason() { return std::generic_category().message(errno); }

std::filesystem::path coordinator_program() {
  auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "yardmaster";
  if (::access(program.c_str(), X_OK) == 0) return program;
  throw Error(ErrorCode::unavailable, "there is no program '" + program.string() +
                                          "' to test: build it, or name a running coordinator's "
                                          "socket with --connect");
}

[[noreturn]] void become(const std::vector<std::string>& arguments, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // a Ctrl-C is for loadgen alone, which then stops it
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool wait_for(int pidfd, std::chrono::milliseconds timeout) {
  pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, static_cast<int>(timeout.count())) > 0;
}

bool listens(const std::string& socket_path) {
  struct Nobody final : LineChannel::Listener {
    void on_line(std::string_view /*line*/) override {}
    void on_closed() override {}
  } nobody;
  EventLoop loop;
  LineChannel channel(loop, nobody);
  return channel.connect(socket_path);
}

}  // namespace

FreshDirectory::FreshDirectory(const std::filesystem::path& base) {
  std::string name = base / "yardmaster-loadgen-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::unavailable,
                "cannot make a directory in '" + base.string() + "': " + reason());
  }
  path_ = name;
}

FreshDirectory::~FreshDirectory() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

PrivateDaemon::PrivateDaemon(const PrivateDaemonOptions& options,
                             const std::function<void()>& interrupted)
    : state_(options.base.empty() ? place_on_a_disk() : options.base), runtime_("/tmp") {
  if (options.keep) state_.keep();
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ::inotify_add_watch(watch.get(), runtime_.path().c_str(), IN_CREATE | IN_MOVED_TO);
  start(options.checkpoint_policy);
  try {
    wait_until_it_listens(watch.get(), interrupted);
  } catch (...) {
    stop();
    throw;
  }
}

PrivateDaemon::~PrivateDaemon() { stop(); }

void PrivateDaemon::start(const std::string& checkpoint_policy) {
  const std::vector<std::string> arguments{
      coordinator_program(), "start",         "--foreground",  "--state-dir",
      state_.path(),         "--runtime-dir", runtime_.path(), "--checkpoint-policy",
      checkpoint_policy};
  const auto log = state_.path() / "output.log";
  const UniqueFd output(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output) throw Error(ErrorCode::unavailable, "cannot write '" + log.string() + "'");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw Error(ErrorCode::unavailable, "cannot fork: " + reason());
  if (pid_ == 0) become(arguments, output.get(), parent);
  process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

// Wakes when a name appears in the runtime directory or the process ends. Between the socket's name
// and its listening there is no event: for that moment it looks again and again.
void PrivateDaemon::wait_until_it_listens(int watch,
                                          const std::function<void()>& interrupted) const {
  const auto deadline = std::chrono::steady_clock::now() + start_deadline;
  while (std::chrono::steady_clock::now() < deadline) {
    interrupted();
    const bool has_socket = std::filesystem::exists(socket_path());
    if (has_socket && listens(socket_path())) return;
    std::array<pollfd, 2> events{pollfd{.fd = process_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = watch, .events = POLLIN, .revents = 0}};
    ::poll(events.data(), events.size(), has_socket ? glance_ms / 10 : glance_ms * 10);
    if (events[0].revents != 0) {
      throw Error(ErrorCode::unavailable, "the private coordinator did not start: " + last_words());
    }
    std::array<char, 4096> names{};
    while (::read(watch, names.data(), names.size()) > 0) {
    }
  }
  throw Error(ErrorCode::timed_out, "the private coordinator does not listen after 30 s");
}

void PrivateDaemon::stop() noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  if (!wait_for(process_.get(), stop_deadline)) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string PrivateDaemon::why_it_ended() const {
  if (!wait_for(process_.get(), std::chrono::milliseconds(0))) return {};
  return "the private coordinator ended in the middle of the run: " + last_words();
}

std::string PrivateDaemon::last_words() const {
  std::ifstream output(state_.path() / "output.log");
  std::string last = "it said nothing";
  for (std::string line; std::getline(output, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

std::filesystem::path place_on_a_disk() {
  std::vector<std::filesystem::path> candidates{"/var/tmp", std::filesystem::current_path()};
  if (const char* const wanted = std::getenv("TMPDIR")) {
    candidates.insert(candidates.begin(), wanted);
  }
  for (const auto& candidate : candidates) {
    if (::access(candidate.c_str(), W_OK) == 0 && !is_in_memory(candidate)) return candidate;
  }
  throw Error(ErrorCode::unsupported,
              "neither /var/tmp nor the current directory is a writable directory on a disk: name "
              "one with --directory");
}

bool is_in_memory(const std::filesystem::path& directory) {
  struct statfs information {};
  if (::statfs(directory.c_str(), &information) != 0) return false;
  return information.f_type == TMPFS_MAGIC || information.f_type == RAMFS_MAGIC;
}

}  // namespace yardmaster::loadgen
