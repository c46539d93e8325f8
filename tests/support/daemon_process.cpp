#include "tests/support/daemon_process.h"

#include <algorithm>
#include <csignal>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include "coordinator/base/stall_detector.h"

namespace yardmaster::support {
namespace {

// Tests run beside others and beside compilers, on virtual machines whose hosts are busy too: a
// disk holds up a system call for tens of milliseconds, and the same code computes several times as
// long. The daemon's own turns are sliced at 4 ms, so what computes for longer than this, or waits
// for many times that, is its own.
bool is_the_daemons(const std::string& stall) {
  static const std::regex form(R"(stalled for ([0-9.]+) ms \(([0-9.]+) ms of them computing\))");
  std::smatch found;
  if (!std::regex_search(stall, found, form)) return true;
  constexpr double longest_computing_ms = 50 * build_slowdown;
  constexpr double longest_wait_ms = 400;
  return std::stod(found[2]) > longest_computing_ms || std::stod(found[1]) > longest_wait_ms;
}

bool answers(const std::filesystem::path& socket) {
  try {
    return LineClient(socket).request("ping").at("success").get<bool>();
  } catch (const std::runtime_error&) {
    // Nobody listens yet; or what a killed daemon was starting still had its listening socket, and
    // closes it by becoming another program.
    return false;
  }
}

bool group_is_gone(pid_t group) { return ::kill(-group, 0) != 0 && errno == ESRCH; }

}  // namespace

std::string yardmaster_program() { return YARDMASTER_PROGRAM; }
std::string loadgen_program() { return LOADGEN_PROGRAM; }

Finished run_yardmaster(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& environment) {
  std::vector<std::string> argv{yardmaster_program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run({.argv = std::move(argv), .environment = environment});
}

std::map<std::string, std::string> daemon_environment(std::map<std::string, std::string> given) {
  // What the sanitizers of the programs under test read.
  std::string kept = "ASAN_OPTIONS,LSAN_OPTIONS,TSAN_OPTIONS,UBSAN_OPTIONS";
  for (const auto& [name, value] : given) {
    if (!name.starts_with("YARDMASTER_")) kept += "," + name;
  }
  given.emplace("YARDMASTER_DAEMON_ENVIRONMENT", kept);
  return given;
}

DaemonProcess::DaemonProcess(DaemonOptions options)
    : options_(std::move(options)),
      state_dir_(options_.state_dir.empty() ? scratch_ / "state" : options_.state_dir) {
  if (!options_.config.empty()) write_file(scratch_ / "config.json", options_.config);
  start();
}

DaemonProcess::~DaemonProcess() {
  if (!process_) return;
  const auto group = process_->pid();
  process_->kill();
  EXPECT_TRUE(eventually([&] { return group_is_gone(group); })) << "a process of the daemon stayed";
  if (options_.may_stall) return;
  for (const std::string& stall : stalls()) {
    if (is_the_daemons(stall)) ADD_FAILURE() << stall;
  }
}

std::vector<std::string> DaemonProcess::directories() const {
  return {"--state-dir", state_dir_.string(), "--runtime-dir", runtime_dir().string()};
}

std::vector<std::string> DaemonProcess::command_line() const {
  std::vector<std::string> argv{yardmaster_program(), "start", "--foreground"};
  const auto places = directories();
  argv.insert(argv.end(), places.begin(), places.end());
  if (!options_.config.empty()) {
    argv.insert(argv.end(), {"--config", (scratch_ / "config.json").string()});
  }
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  return argv;
}

void DaemonProcess::start() {
  process_.reset();
  process_.emplace(ChildOptions{.argv = command_line(),
                                .environment = daemon_environment(options_.environment)});
  const bool ended_or_ready = eventually([&] { return !process_->running() || answers(socket()); });
  if (!ended_or_ready || !process_->running()) {
    throw std::runtime_error("the daemon did not start: " + process_->output() + log());
  }
}

void DaemonProcess::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

int DaemonProcess::stop(Deadline deadline) {
  process_->signal(SIGTERM);
  const auto status = process_->wait(deadline);
  EXPECT_TRUE(status.has_value()) << "the daemon did not stop in time:\n" << log();
  return status.value_or(-1);
}

std::filesystem::path DaemonProcess::instance_socket(std::string_view name) const {
  return runtime_dir() / ("instance-" + std::string(name) + ".sock");
}

nlohmann::json DaemonProcess::call(std::string_view command,
                                   const nlohmann::json& arguments) const {
  return connect().call(command, arguments);
}

Finished DaemonProcess::command(std::vector<std::string> arguments) const {
  return run({.argv = command_words(std::move(arguments))});
}

std::vector<std::string> DaemonProcess::command_words(std::vector<std::string> arguments) const {
  const auto places = directories();
  arguments.insert(std::find(arguments.begin(), arguments.end(), "--"), places.begin(),
                   places.end());
  arguments.insert(arguments.begin(), yardmaster_program());
  return arguments;
}

std::string DaemonProcess::http_get(const std::string& path) const {
  const auto result = run({.argv = {"curl", "--silent", "--show-error", "--fail", "--max-time",
                                    "20", "--unix-socket", socket().string(), "http://x" + path}});
  EXPECT_EQ(result.status, 0) << "GET " << path << ": " << result.errors;
  return result.output;
}

std::string DaemonProcess::log() const {
  return process_->errors() + read_file(state_dir_ / "daemon.log");
}

std::vector<std::string> DaemonProcess::stalls() const {
  std::vector<std::string> found;
  std::istringstream lines(read_file(state_dir_ / "daemon.log"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("the broker thread stalled for") != std::string::npos) found.push_back(line);
  }
  return found;
}

}  // namespace yardmaster::support
