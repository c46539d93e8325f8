#include "loadgen/hosts/private_daemon.h"

#include <array>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/client/line_channel.h"
#include "loadgen/plan/real_plan.h"
#include "reports/report_files.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds start_deadline{30};
constexpr int start_check_ms = 20;  // between looks at what tells of nothing by itself

std::filesystem::path coordinator_program() {
  auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "yardmaster";
  if (::access(program.c_str(), X_OK) == 0) return program;
  throw Error(ErrorCode::unavailable, "there is no program '" + program.string() +
                                          "' to test: build it, or name a running coordinator's "
                                          "socket with --connect");
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

PrivateDaemon::PrivateDaemon(const PrivateDaemonOptions& options,
                             const std::function<void()>& interrupted)
    : state_(options.base.empty() ? place_on_a_disk() : options.base), runtime_("/tmp") {
  if (options.keep) state_.keep();
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ::inotify_add_watch(watch.get(), runtime_.path().c_str(), IN_CREATE | IN_MOVED_TO);
  start(options);
  wait_until_it_listens(watch.get(), interrupted);
}

// The settings that the user made for a coordinator of their own do not count here. A connection
// string may hold a password, so it goes into a file that nobody else can read.
void PrivateDaemon::start(const PrivateDaemonOptions& options) {
  nlohmann::json config{
      {"state_dir", state_.path()},
      {"runtime_dir", runtime_.path()},
      {"checkpoint_policy", options.checkpoint_policy},
      {"store", to_string(options.store)},
      {"postgres", options.postgres},
      {"postgres_checkpoint_interval", format_duration(options.postgres_checkpoint_interval)}};
  if (options.has_real_instances) {
    config["kill_grace"] = format_duration(real_kill_grace);
    config["roles_file"] = state_.path() / "roles.json";
    remains_.emplace(runtime_.path() / "tmux.sock", state_.path().string() + "#");
  }
  for (const std::string& variable : options.environment) {
    config["daemon_environment"].push_back(variable.substr(0, variable.find('=')));
  }
  const auto file = state_.path() / "config.json";
  reports::write_file(file, config.dump(2));
  OwnedProgram::Options program;
  program.arguments = {coordinator_program(), "start", "--foreground", "--config", file};
  program.dropped_prefixes = {"YARDMASTER_"};
  program.environment = options.environment;
  program.output = state_.path() / "output.log";
  program_ = std::make_unique<OwnedProgram>(program);
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
    std::array<pollfd, 2> events{pollfd{.fd = program_->pidfd(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = watch, .events = POLLIN, .revents = 0}};
    ::poll(events.data(), events.size(), has_socket ? start_check_ms / 10 : start_check_ms * 10);
    if (events[0].revents != 0) {
      throw Error(ErrorCode::unavailable,
                  "the private coordinator did not start: " + program_->last_words());
    }
    std::array<char, 4096> names{};
    while (::read(watch, names.data(), names.size()) > 0) {
    }
  }
  throw Error(ErrorCode::timed_out, "the private coordinator does not listen after 30 s");
}

std::string PrivateDaemon::why_it_ended() const {
  if (!program_->has_ended(std::chrono::milliseconds(0))) return {};
  return "the private coordinator ended in the middle of the run: " + program_->last_words();
}

}  // namespace yardmaster::loadgen
