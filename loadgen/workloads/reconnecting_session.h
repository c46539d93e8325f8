// A connection of a workload that comes back when the daemon does: it tries again with growing
// pauses, and tells its owner after each time it is connected. When the daemon stays away for half
// a minute, the loop's poll() throws Error{unavailable}. Belongs to the loop's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "coordinator/client/async_connection.h"
#include "coordinator/client/event_loop.h"

namespace yardmaster::loadgen {

class ReconnectingSession {
 public:
  // Connects at once; throws Error{unavailable} when nobody listens at `path`.
  ReconnectingSession(EventLoop& loop, std::string path);
  ~ReconnectingSession();
  ReconnectingSession(const ReconnectingSession&) = delete;
  ReconnectingSession& operator=(const ReconnectingSession&) = delete;

  void request(std::string_view command, const nlohmann::json& args,
               AsyncConnection::ReplyHandler handler) {
    connection_.request(command, args, std::move(handler));
  }
  // Asks again after the daemon came back when it went away before it answered; the request must
  // bear to be done twice. Replies are never "unavailable".
  void request_until_answered(const std::string& command, const nlohmann::json& args,
                              AsyncConnection::ReplyHandler handler);
  // Does the same, waiting for the answer and running the loop meanwhile: before and after a load
  // only. A failure is an answer as well. Throws Error{timed_out}.
  AsyncReply answer_to(const std::string& command, const nlohmann::json& args,
                       std::chrono::seconds timeout);
  // Waits for the answer, running the loop: before and after a load only. Throws Error with the
  // daemon's code, or timed_out.
  nlohmann::json call(std::string_view command, const nlohmann::json& args);

  // Subscribes now and after every reconnection.
  void subscribe(nlohmann::json args, AsyncConnection::EventHandlerFunction handler);
  // Called after every reconnection, when the subscription is renewed.
  void on_reconnected(std::function<void()> handler) { on_reconnected_ = std::move(handler); }

  const std::string& path() const { return path_; }
  std::size_t waiting() const { return connection_.waiting() + held_.size(); }

 private:
  struct Question {
    std::string command;
    nlohmann::json args;
    AsyncConnection::ReplyHandler handler;
  };

  void persist(std::uint64_t number, const std::shared_ptr<const Question>& question);
  void on_lost();
  void reconnect_later();
  void reconnect();

  EventLoop& loop_;
  std::string path_;
  AsyncConnection connection_;
  nlohmann::json subscription_;
  std::function<void()> on_reconnected_;
  std::uint64_t next_question_ = 0;
  // Requests to repeat, in the order in which they were made first.
  std::map<std::uint64_t, std::shared_ptr<const Question>> held_;
  EventLoop::TimerId retry_{};
  std::chrono::milliseconds pause_{};
  SteadyTime lost_at_{};
};

// A reply's failure as an exception.
[[noreturn]] void throw_failure(std::string_view command, const AsyncReply& reply);

}  // namespace yardmaster::loadgen
