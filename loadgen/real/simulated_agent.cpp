#include "loadgen/real/simulated_agent.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/client/client.h"
#include "loadgen/plan/payload.h"
#include "loadgen/real/agent_children.h"
#include "loadgen/real/agent_options.h"
#include "loadgen/real/agent_work.h"
#include "loadgen/real/captured_program.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pause_between_tries{100};
constexpr milliseconds longest_nap{60'000};
constexpr std::size_t entry_bytes = 256;
constexpr int status_of_one_that_ends_at_once = 3;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string own_name() {
  const std::string given = variable("YARDMASTER_INSTANCE");
  return given.empty() ? std::filesystem::current_path().filename().string() : given;
}

[[noreturn]] void crash() {
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGSEGV, SIG_DFL);  // sanitizers handle it, and exit
  ::raise(SIGSEGV);
  ::_exit(1);
}

// Nobody is left who would. Only a server that the agent's own coordinator started, and never one
// that somebody happens to run a test in.
void end_own_tmux_server() {
  const std::string tmux = variable("TMUX");
  const std::filesystem::path socket = tmux.substr(0, tmux.find(','));
  const std::filesystem::path own = variable("YARDMASTER_SOCKET");
  if (socket.empty() || socket.parent_path() != own.parent_path()) return;
  ProgramCall call;
  call.arguments = {"tmux", "-S", socket.string(), "kill-server"};
  run_program(call);
}

class SimulatedAgent {
 public:
  explicit SimulatedAgent(AgentOptions options)
      : options_(std::move(options)),
        name_(own_name()),
        socket_(variable("YARDMASTER_SOCKET")),
        work_(options_, name_) {
    if (socket_.empty()) {
      throw Error(ErrorCode::usage,
                  "simulated-agent: YARDMASTER_SOCKET is not set: it is started by a coordinator");
    }
    if (options_.owner > 0) {
      owner_.reset(static_cast<int>(::syscall(SYS_pidfd_open, options_.owner, 0)));
      if (!owner_) end_with_owner();
    }
  }

  int run() {
    const auto start = steady_clock::now();
    if (options_.behaviour == AgentBehaviour::crash) crash_at_ = start + options_.after;
    if (options_.edits.count() > 0) edit_at_ = start;
    if (options_.writes.count() > 0) write_at_ = start;
    if (!options_.edit.empty()) work_.write(options_.edit);
    connect_at_ = start;
    while (!has_to_exit_) turn();
    std::cout << "done" << std::endl;
    return 0;
  }

 private:
  void turn() {
    try {
      do_what_is_due();
      wait();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable && error.code() != ErrorCode::timed_out) {
        std::cout << "error: " << error.what() << std::endl;
      }
      client_.reset();
      connect_at_ = steady_clock::now() + pause_between_tries;
    }
  }

  bool is_due(std::optional<SteadyTime>& time, std::chrono::nanoseconds interval) {
    const auto now = steady_clock::now();
    if (!time || *time > now) return false;
    time = now + interval;
    return true;
  }

  void do_what_is_due() {
    if (crash_at_ && *crash_at_ <= steady_clock::now()) crash();
    if (!client_ && connect_at_ <= steady_clock::now()) connect();
    if (client_ && is_due(write_at_, options_.writes)) append_entry();
    if (is_due(edit_at_, options_.edits)) work_.step();
  }

  void connect() {
    client_.emplace(socket_);
    client_->call("report_state", {{"state", "running"}});
    if (options_.behaviour == AgentBehaviour::hang) {
      wait_for_end_of(options_.owner);
      end_with_owner();
    }
    client_->call("subscribe", {{"events", {"message"}}, {"instance_id", name_}});
    const json waiting = client_->call("list_messages");
    for (const auto& message : waiting.at("messages")) handle(message);
    next_seq_.reset();
  }

  // Waits until something is due or comes.
  void wait() {
    if (client_) take_events(milliseconds(0));
    if (has_to_exit_) return;
    SteadyTime until = steady_clock::now() + longest_nap;
    for (const auto& time : {crash_at_, edit_at_, client_ ? write_at_ : connect_time()}) {
      if (time) until = std::min(until, *time);
    }
    const auto nap = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    std::array<pollfd, 2> watched{
        pollfd{.fd = owner_.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = client_ ? client_->native_handle() : -1, .events = POLLIN, .revents = 0}};
    ::poll(watched.data(), watched.size(),
           static_cast<int>(std::max<std::int64_t>(0, nap.count())));
    if (watched[0].revents != 0) end_with_owner();
    if (watched[1].revents != 0) take_events(milliseconds(1));
  }

  // Takes the events that came meanwhile, and those that come within the time.
  void take_events(milliseconds timeout) {
    while (const auto event = client_->next_event(timeout)) {
      if (event->value("event", "") == "message") handle(event->at("data"));
    }
  }

  std::optional<SteadyTime> connect_time() const { return connect_at_; }

  void handle(const json& message) {
    if (message.value("to", name_) != name_) return;
    client_->call("ack_message", {{"id", message.at("id")}});
    const std::string body = message.value("body", "");
    std::cout << "message from " << message.value("from", "?") << ": " << body << std::endl;
    if (body == "exit") has_to_exit_ = true;
    if (body == "crash") crash();
    if (body.starts_with("edit ")) work_.write(body.substr(5));
  }

  void append_entry() {
    if (!next_seq_) {
      const json read = client_->call("read_context", {{"context", name_}, {"limit", 1}});
      next_seq_ = read.value("last_seq", std::uint64_t{0}) + 1;
    }
    client_->call("append_context", {{"context", name_},
                                     {"seq", *next_seq_},
                                     {"kind", "progress"},
                                     {"data", payload_.make(0, *next_seq_)}});
    ++*next_seq_;
  }

  [[noreturn]] static void end_with_owner() {
    end_own_tmux_server();
    ::_exit(0);
  }

  AgentOptions options_;
  std::string name_;
  std::string socket_;
  AgentWork work_;
  Payload payload_{1, entry_bytes};
  UniqueFd owner_;
  std::optional<Client> client_;
  std::optional<std::uint64_t> next_seq_;
  SteadyTime connect_at_{};
  std::optional<SteadyTime> crash_at_, edit_at_, write_at_;
  bool has_to_exit_ = false;
};

void say_banner(const std::string& name) {
  std::cout << "simulated agent " << YARDMASTER_VERSION << ", pid " << ::getpid() << "\ninstance "
            << name << " in " << std::filesystem::current_path().string() << std::endl;
}

}  // namespace

int run_simulated_agent(const std::vector<std::string>& words) {
  const AgentOptions options = parse_agent_options(words);
  say_banner(own_name());
  if (options.behaviour == AgentBehaviour::exit) {
    std::cout << "cannot go on" << std::endl;
    return status_of_one_that_ends_at_once;
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (options.behaviour == AgentBehaviour::stubborn) {
    for (const int number : {SIGTERM, SIGHUP, SIGINT}) ::signal(number, SIG_IGN);
  }
  const bool has_children = options.behaviour == AgentBehaviour::children ||
                            options.behaviour == AgentBehaviour::stubborn;
  if (has_children) leave_children_about(options.owner);
  return SimulatedAgent(options).run();
}

}  // namespace yardmaster::loadgen
