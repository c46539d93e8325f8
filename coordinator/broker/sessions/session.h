// One caller's conversation with the daemon, whatever carries it: lines, a WebSocket, one HTTP
// request. Broker thread only.
//
// Sessions are kept alive by those who will still write to them (requests in flight,
// subscriptions); what is written after the peer has gone is dropped.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Unread output that keeps a session from reading more, and what it may grow to before the peer is
// given up: every request in flight may still be answered.
inline constexpr std::size_t output_high_water = std::size_t{1} << 20U;
inline constexpr std::size_t output_limit = std::size_t{64} << 20U;

class Session : public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter> {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A frame is written by appending to frame() and then calling one of the two.
  virtual std::string& frame() = 0;
  // The frame answers a request that request_began() counted.
  virtual void end_reply() = 0;
  // The frame tells news: a session that does not read its events is dropped.
  virtual void end_event() = 0;

  virtual bool can_subscribe() const = 0;
  // Takes no more requests, lets those in flight be answered, then hangs up.
  virtual void close_when_idle() = 0;
  virtual bool is_open() const = 0;

  // The instance that the caller is, by the socket that it came through; empty: any.
  const std::string& instance() const { return instance_; }

  void request_began() { ++in_flight_; }
  std::size_t in_flight() const { return in_flight_; }

  // Returns whether the next request can only be the consequence of the latest reply: nothing else
  // was in flight and it came soon after. See Operation::closed_loop.
  bool is_closed_loop(SteadyTime arrived) const {
    return in_flight_ == 0 && arrived - last_reply_ < std::chrono::milliseconds(2);
  }

 protected:
  explicit Session(std::string instance) : instance_(std::move(instance)) {}

  void request_ended() { --in_flight_; }
  void replied_at(SteadyTime time) { last_reply_ = time; }

 private:
  std::string instance_;
  std::size_t in_flight_ = 0;
  SteadyTime last_reply_{};
};

using SessionPtr = boost::intrusive_ptr<Session>;

}  // namespace yardmaster
