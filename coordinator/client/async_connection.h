// Commands and events over a line session, without waiting: each reply goes to the handler that
// was given with its request, whatever order they come in. Belongs to the loop's thread.
//
// When the daemon goes away every waiting handler gets a failure with the code "unavailable", in
// the order of the requests, then on_lost() is called; connect() may be called again from there. As
// with LineChannel, a connection must not be destroyed inside its own handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "coordinator/client/line_channel.h"

namespace yardmaster {

struct AsyncReply {
  bool success = false;
  nlohmann::json data;  // with success
  std::string code;     // without
  std::string error;

  // data[field] of the type asked for; throws Error{invalid_request} that names the field when the
  // daemon's answer lacks it.
  std::uint64_t number(std::string_view field) const;
  std::string text(std::string_view field) const;
};

class AsyncConnection final : private LineChannel::Listener {
 public:
  using ReplyHandler = std::function<void(const AsyncReply&)>;
  using EventHandlerFunction =
      std::function<void(std::string_view event, const nlohmann::json& data)>;

  explicit AsyncConnection(EventLoop& loop) : channel_(loop, *this) {}

  // See LineChannel::connect.
  bool connect(const std::string& path, bool patient = true) {
    return channel_.connect(path, patient);
  }
  bool is_open() const { return channel_.is_open(); }
  // Forgets the waiting handlers without calling them.
  void close();

  void request(std::string_view command, const nlohmann::json& args, ReplyHandler handler);
  std::size_t waiting() const { return waiting_.size(); }

  void on_event(EventHandlerFunction handler) { on_event_ = std::move(handler); }
  void on_lost(std::function<void()> handler) { on_lost_ = std::move(handler); }

 private:
  void on_line(std::string_view line) override;
  void on_closed() override;

  LineChannel channel_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, ReplyHandler> waiting_;  // in the order of the requests
  EventHandlerFunction on_event_;
  std::function<void()> on_lost_;
};

// The reply that a line holds, id left out; an answer that is no reply becomes a failure.
AsyncReply reply_from(const nlohmann::json& frame);

}  // namespace yardmaster
