// A line session: a JSON object per line, both ways. Reads from the socket when it can be read into
// a buffer that all sessions share, parses the frames in place and keeps only an incomplete tail,
// so that ten thousand quiet sessions cost little. Broker thread only.
//
// Back-pressure: with 1,024 requests in flight, or with much in flight or unread in bytes, it stops
// reading until there is room. A subscriber that does not read its events is dropped.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "coordinator/base/unique_fd.h"
#include "coordinator/broker/commands/dispatcher.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/broker/sessions/output_flusher.h"
#include "coordinator/broker/sessions/output_queue.h"
#include "coordinator/broker/sessions/readiness.h"
#include "coordinator/broker/sessions/session.h"

namespace yardmaster {

class LineSession;

// The parts that all line sessions share.
struct LineSessionContext {
  Readiness& readiness;
  Dispatcher& dispatcher;
  OutputFlusher& flusher;
  std::string& read_buffer;  // 64 KiB, used within one call of on_ready() only
  std::size_t max_output_bytes;
  MemoryBudget& memory;
  // A connection that turned out to speak HTTP, with what was read of it.
  std::function<void(UniqueFd socket, std::string instance, Way way, std::string received)> on_http;
  // The session is over: its subscriptions end and it leaves the table of sessions.
  std::function<void(Session& session)> on_closed;
  // Calls resume_if_possible() in a later turn of the loop.
  std::function<void(LineSession& session)> resume_later;
};

class LineSession final : public Session,
                          private ReadinessHandler,
                          private MemoryBudget::Account::Owner {
 public:
  // Starts to wait for requests. Throws Error{unavailable}.
  LineSession(LineSessionContext& context, UniqueFd socket, std::string instance, Way way);
  ~LineSession() override;

  std::string& frame() override { return output_.end(); }
  void end_reply(const RequestCost& cost) override;
  void send_event(std::string_view beginning, const SharedText& rest) override;
  bool can_subscribe() const override { return true; }
  void close_when_idle() override;
  bool is_open() const override { return static_cast<bool>(socket_); }

  void abort() noexcept override { close(); }
  // Writes as much as the socket takes.
  void flush(SteadyTime now);
  // Goes on with what it has read, if there is room.
  void resume_if_possible();

 private:
  void shed() noexcept override;
  const std::string& whose() const override { return instance(); }
  void on_ready(std::uint32_t events) override;
  void handle_events(std::uint32_t events);
  void receive(bool hung_up);
  bool recognise(std::string_view data);
  void refuse_stranger();
  // False when it would take too long in one go.
  bool handle_frames(std::string_view& data);
  void handle_input(std::string_view data);
  std::string_view finish_tail(std::string_view data);
  void handle(std::string_view line);
  void keep_tail(std::string_view rest, bool pauses);
  void account();
  void resume();
  void frame_ended();
  void refuse_long_frame();
  void ignore(std::string_view data);
  bool has_room() const;
  bool may_resume() const;
  void update_interest();
  void close_if_done();
  void close() noexcept;

  LineSessionContext& context_;
  UniqueFd socket_;
  const Way way_;
  OutputQueue output_;
  MemoryBudget::Account memory_;
  std::string tail_;  // input: an incomplete frame; while paused, also whole ones
  std::uint32_t interest_ = 0;
  bool recognised_ = false;  // by its first byte, as a line session
  bool waits_for_flush_ = false;
  bool paused_ = false;    // until what is in flight or unsent has become half of what it may be
  bool ignoring_ = false;  // the rest of a frame that was refused
  std::size_t ignored_ = 0;
  bool closing_ = false;  // takes no more requests
};

}  // namespace yardmaster
