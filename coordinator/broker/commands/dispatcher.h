// Turns a frame into a request, finds its command and sees to it that exactly one reply follows.
// Here, and only here, an Error becomes a reply. Broker thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/command.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/request_counters.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// Throws forbidden where the caller may not ask for the command.
using Permission = std::function<void(const Session& caller, const Command& command)>;

class Dispatcher {
 public:
  Dispatcher(boost::asio::io_context& io, StoreQueue& store, Permission permission,
             std::vector<Command> commands);

  // Throws nothing but std::bad_alloc. The frame is not needed after the call.
  void handle(Session& session, std::string_view frame, SteadyTime arrived);
  // Answers something that never became a request.
  void refuse(Session& session, std::string_view id, const Error& error);

  // Makes the dispatcher answer `unavailable` to all requests from now on.
  void stop() { stopping_ = true; }
  const RequestCounters& counters() const { return counters_; }

 private:
  void answer(Session& session, std::size_t command, std::string_view id, const Error& error);
  void append(Session& session, const AppendFrame& frame, SteadyTime arrived);
  void append_from(Session& session, const RequestFrame& request, SteadyTime arrived);
  void handle_any(Session& session, std::string_view frame, SteadyTime arrived);
  void start(Session& session, RequestFrame request, std::size_t command, SteadyTime arrived,
             const RequestCost& cost);
  boost::asio::awaitable<void> serve(std::size_t command, std::string id, Request request);

  boost::asio::io_context& io_;
  StoreQueue& store_;
  Permission require_permission_;
  std::vector<Command> commands_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::size_t append_command_;
  std::size_t append_several_command_;
  RequestCounters counters_;
  bool stopping_ = false;
};

}  // namespace yardmaster
