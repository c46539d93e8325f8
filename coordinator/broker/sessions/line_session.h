// A line session: a JSON object per line, both ways. Reads from the socket when it can be read into
// a buffer that all sessions share, parses the frames in place and keeps only an incomplete tail,
// so that ten thousand quiet sessions cost little. Broker thread only.
//
// Back-pressure: with 1,024 requests in flight, or with much unread output, it stops reading until
// there is room. A subscriber that does not read its events is dropped.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "coordinator/base/unique_fd.h"
#include "coordinator/broker/commands/dispatcher.h"
#include "coordinator/broker/sessions/output_flusher.h"
#include "coordinator/broker/sessions/readiness.h"
#include "coordinator/broker/sessions/session.h"

namespace yardmaster {

// The parts that all line sessions share.
struct LineSessionContext {
  Readiness& readiness;
  Dispatcher& dispatcher;
  OutputFlusher& flusher;
  std::string& read_buffer;  // 64 KiB, used within one call of on_ready() only
  std::size_t max_output_bytes;
  // A connection that turned out to speak HTTP, with what was read of it.
  std::function<void(UniqueFd socket, std::string instance, std::string received)> on_http;
  // The session is over: its subscriptions end and it leaves the table of sessions.
  std::function<void(Session& session)> on_closed;
};

class LineSession final : public Session, private ReadinessHandler {
 public:
  // Starts to wait for requests. Throws Error{unavailable}.
  LineSession(LineSessionContext& context, UniqueFd socket, std::string instance);
  ~LineSession() override;

  std::string& frame() override { return output_; }
  void end_reply() override;
  void end_event() override;
  bool can_subscribe() const override { return true; }
  void close_when_idle() override;
  bool is_open() const override { return static_cast<bool>(socket_); }

  // Hangs up at once.
  void abort() { close(); }
  // Writes as much as the socket takes.
  void flush(SteadyTime now);

 private:
  void on_ready(std::uint32_t events) override;
  void receive();
  bool recognise(std::string_view data);
  void handle_input(std::string_view data);
  std::string_view finish_tail(std::string_view data);
  void handle(std::string_view line);
  void keep_tail(std::string_view rest);
  void resume();
  void frame_ended();
  void refuse_long_frame();
  bool has_room() const;
  bool may_resume() const;
  std::size_t unsent() const { return output_.size() - sent_; }
  void update_interest();
  void close_if_done();
  void close();

  LineSessionContext& context_;
  UniqueFd socket_;
  std::string output_;
  std::size_t sent_ = 0;  // bytes of output_ already sent
  std::string tail_;      // input: an incomplete frame; while paused, also whole ones
  std::uint32_t interest_ = 0;
  bool recognised_ = false;  // by its first byte, as a line session
  bool waits_for_flush_ = false;
  bool paused_ = false;   // until what is in flight or unsent has become half of what it may be
  bool closing_ = false;  // takes no more requests
};

}  // namespace yardmaster
