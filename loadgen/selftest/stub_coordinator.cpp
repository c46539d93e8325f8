#include "loadgen/selftest/stub_coordinator.h"

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "coordinator/client/event_loop.h"
#include "coordinator/domain/context.h"
#include "loadgen/measure/self_check.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::uint64_t faulty_seq = 3;

enum class Fault { none, lost, duplicated, swapped, unanswered };

struct KeptEntry {
  std::uint64_t seq;
  std::string kind;
  std::string data;
};

struct KeptContext {
  Fault fault = Fault::none;
  std::vector<KeptEntry> entries;
};

UniqueFd listen_at(const std::string& path) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    throw Error(ErrorCode::unavailable, "cannot listen at '" + path + "'");
  }
  return listener;
}

std::chrono::nanoseconds from_ms(double value) {
  return std::chrono::nanoseconds(std::llround(value * 1e6));
}

double to_ms(std::chrono::nanoseconds value) {
  return std::chrono::duration<double, std::milli>(value).count();
}

Fault fault_of(std::uint64_t number, const PlantedFaults& faults) {
  const std::array<std::pair<Fault, std::uint64_t>, 4> all{
      {{Fault::lost, faults.lost},
       {Fault::duplicated, faults.duplicated},
       {Fault::swapped, faults.swapped},
       {Fault::unanswered, faults.unanswered}}};
  for (const auto& [fault, count] : all) {
    if (number < count) return fault;
    number -= count;
  }
  return Fault::none;
}

// Where contexts are kept, and what was planted into them.
class KeptContexts {
 public:
  explicit KeptContexts(const PlantedFaults& faults) : faults_(faults) {}

  void add(const std::string& name) {
    contexts_[name].fault = fault_of(contexts_.size() - 1, faults_);
  }

  // Returns whether the entry is to be acknowledged.
  bool append(const std::string& name, KeptEntry entry) {
    KeptContext& context = contexts_[name];
    auto& entries = context.entries;
    const std::uint64_t seq = entry.seq;
    const bool is_faulty = seq == faulty_seq;
    if (is_faulty && context.fault == Fault::lost) return true;
    if (is_faulty && context.fault == Fault::duplicated) entries.push_back(entry);
    entries.push_back(std::move(entry));
    const auto size = entries.size();
    if (seq == faulty_seq + 1 && context.fault == Fault::swapped && size > 1) {
      std::swap(entries[size - 1], entries[size - 2]);
    }
    return !is_faulty || context.fault != Fault::unanswered;
  }

  json digest(const json& args) {
    ContextDigest digest;
    const auto last = args.value("to_seq", UINT64_MAX);
    for (const auto& entry : contexts_[args.value("context", "")].entries) {
      if (entry.seq <= last) digest.add(entry.seq, entry.kind, entry.data);
    }
    const auto count = digest.count();
    return {{"digest", digest.finish()}, {"count", count}};
  }

  json read(const json& args) {
    json entries = json::array();
    const auto from = args.value("from_seq", std::uint64_t{1});
    const auto limit = args.value("limit", std::uint64_t{1000});
    for (const auto& entry : contexts_[args.value("context", "")].entries) {
      if (entry.seq < from || entries.size() >= limit) continue;
      entries.push_back({{"seq", entry.seq}, {"kind", entry.kind}, {"data", entry.data}});
    }
    return {{"entries", std::move(entries)}};
  }

 private:
  PlantedFaults faults_;
  std::map<std::string, KeptContext> contexts_;
};

}  // namespace

// All of it on the stub's thread, except for stop().
class StubCoordinator::Loop final : private EventHandler {
 public:
  Loop(const std::string& path, Planting planting)
      : planting_(std::move(planting)),
        random_(planting_.seed),
        contexts_(planting_.faults),
        listener_(listen_at(path)) {
    loop_.add(listener_.get(), EPOLLIN, *this);
  }
  ~Loop() { loop_.remove(listener_.get(), *this); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    use_exact_timers();
    while (!stopping_) loop_.poll(SteadyTime::max());
  }
  // Any thread.
  void stop() {
    loop_.post([this] { stopping_ = true; });
  }
  std::vector<ServedWrite> served() { return std::move(served_); }

 private:
  class Session;

  void on_ready(std::uint32_t events) override;
  void handle(std::uint64_t session, std::string_view line);
  json answer(const std::string& command, const json& args);
  void append(std::uint64_t session, const json& frame, const json& args);
  // Returns when to answer what came now.
  SteadyTime answer_time(SteadyTime now);
  void send(std::uint64_t session, const json& frame);
  void end(std::uint64_t session) {
    loop_.post([this, session] { sessions_.erase(session); });
  }

  Planting planting_;
  std::mt19937_64 random_;
  KeptContexts contexts_;
  EventLoop loop_;
  UniqueFd listener_;
  bool stopping_ = false;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::uint64_t next_session_ = 1;
  std::optional<SteadyTime> first_write_;
  std::vector<ServedWrite> served_;
};

// One connection, which lines come over and go.
class StubCoordinator::Loop::Session final : private EventHandler {
 public:
  Session(Loop& owner, std::uint64_t number, UniqueFd socket)
      : owner_(owner), number_(number), socket_(std::move(socket)) {
    owner_.loop_.add(socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
  }
  ~Session() { owner_.loop_.remove(socket_.get(), *this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void send(std::string_view text) {
    unsent_ += text;
    flush();
  }

 private:
  void on_ready(std::uint32_t events) override {
    flush();
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0U) receive();
  }

  void receive() {
    const auto buffer = owner_.loop_.read_buffer();
    ssize_t got = 0;
    while ((got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
      partial_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = partial_.find('\n', begin)) != std::string::npos;) {
      owner_.handle(number_, std::string_view(partial_).substr(begin, end - begin));
      begin = end + 1;
    }
    partial_.erase(0, begin);
    if (got == 0) owner_.end(number_);
  }

  void flush() {
    while (!unsent_.empty()) {
      const auto sent =
          ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent <= 0) return;
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
  }

  Loop& owner_;
  std::uint64_t number_;
  UniqueFd socket_;
  std::string partial_;
  std::string unsent_;
};

void StubCoordinator::Loop::on_ready(std::uint32_t /*events*/) {
  while (true) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    const auto number = next_session_++;
    sessions_.emplace(number, std::make_unique<Session>(*this, number, std::move(socket)));
  }
}

void StubCoordinator::Loop::handle(std::uint64_t session, std::string_view line) {
  const json frame = json::parse(line, nullptr, false);
  if (!frame.is_object()) return;
  const auto command = frame.value("command", std::string());
  const json args = frame.value("args", json::object());
  if (command == "append_context") return append(session, frame, args);
  json reply{{"id", frame.value("id", json())}, {"success", true}};
  reply["data"] = answer(command, args);
  if (reply["data"].is_null()) {
    reply = {{"id", frame.value("id", json())},
             {"success", false},
             {"code", "not_found"},
             {"error", "the stub has no command '" + command + "'"}};
  }
  send(session, reply);
}

json StubCoordinator::Loop::answer(const std::string& command, const json& args) {
  if (command == "status") {
    return {
        {"version", "stub"},
        {"store", {{"engine", "sqlite"}, {"version", "none"}, {"checkpoint_policy", "adaptive"}}}};
  }
  if (command == "allocate_instance") {
    const auto name = args.value("instance_id", std::string());
    contexts_.add(name);
    return {{"instance_id", name}, {"context", name}, {"generation", 1}};
  }
  if (command == "digest_context") return contexts_.digest(args);
  if (command == "read_context") return contexts_.read(args);
  if (command == "list_instances") return {{"instances", json::array()}};
  if (command == "subscribe" || command == "release_instance") return json::object();
  return nullptr;
}

void StubCoordinator::Loop::append(std::uint64_t session, const json& frame, const json& args) {
  const SteadyTime now = steady_clock::now();
  const SteadyTime due = answer_time(now);
  KeptEntry entry{.seq = args.value("seq", std::uint64_t{0}),
                  .kind = args.value("kind", ""),
                  .data = args.value("data", "")};
  const json reply{
      {"id", frame.value("id", json())}, {"success", true}, {"data", {{"seq", entry.seq}}}};
  if (!contexts_.append(args.value("context", ""), std::move(entry))) return;
  loop_.at(due, [this, session, reply, now, due] {
    send(session, reply);
    served_.push_back(
        {.planned_ms = to_ms(due - now), .served_ms = to_ms(steady_clock::now() - now)});
  });
}

SteadyTime StubCoordinator::Loop::answer_time(SteadyTime now) {
  if (!first_write_) first_write_ = now;
  const double at_s = std::chrono::duration<double>(now - *first_write_).count();
  const double delay_ms = planting_.delay_ms(at_s, random_);
  const PlantedStalls& stalls = planting_.stalls;
  if (stalls.every_s <= 0) return now + from_ms(delay_ms);
  const double answered_s = at_s + delay_ms / 1000;
  const double into_period = std::fmod(answered_s + stalls.every_s / 2, stalls.every_s);
  const double held_s = into_period < stalls.length_s ? stalls.length_s - into_period : 0;
  return now + from_ms(delay_ms + held_s * 1000);
}

void StubCoordinator::Loop::send(std::uint64_t session, const json& frame) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  // Acknowledgements begin as a coordinator's do, with the id.
  std::string text = R"({"id":)" + frame.at("id").dump();
  for (const char* field : {"success", "data", "code", "error"}) {
    if (!frame.contains(field)) continue;
    text.append(",\"").append(field).append("\":").append(frame.at(field).dump());
  }
  found->second->send(text + "}\n");
}

StubCoordinator::StubCoordinator(const std::string& path, Planting planting)
    : loop_(std::make_unique<Loop>(path, std::move(planting))), thread_([this] { loop_->run(); }) {}

StubCoordinator::~StubCoordinator() {
  if (thread_.joinable()) stop();
}

std::vector<ServedWrite> StubCoordinator::stop() {
  loop_->stop();
  thread_.join();
  return loop_->served();
}

}  // namespace yardmaster::loadgen
