// One caller's conversation with the daemon, whatever carries it: lines, a WebSocket, one HTTP
// request. Broker thread only.
//
// Sessions are kept alive by those who will still write to them (requests in flight,
// subscriptions); what is written after the peer has gone is dropped.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/store/group_commit.h"

namespace yardmaster {

// Unread output that keeps a session from reading more.
inline constexpr std::size_t output_high_water = std::size_t{1} << 20U;
// Bytes that a session's requests in flight may have, together with those of the replies that may
// be expected to them.
inline constexpr std::size_t most_bytes_in_flight = std::size_t{4} << 20U;

// In bytes, until the request is answered.
struct RequestCost {
  std::size_t request = 0;
  std::size_t reply = 0;  // that it may get, where that can be long
};

class Session : public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter> {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A reply is written by appending it to frame() and then calling end_reply(), with what
  // request_began() was told.
  virtual std::string& frame() = 0;
  virtual void end_reply(const RequestCost& cost) = 0;
  // Tells news, in one frame: a session that does not read its events is dropped.
  virtual void send_event(std::string_view beginning, const SharedText& rest) = 0;

  virtual bool can_subscribe() const = 0;
  // Takes no more requests, lets those in flight be answered, then hangs up.
  virtual void close_when_idle() = 0;
  // Hangs up at once and lets go of all that it holds: there was no memory for what it has to say.
  virtual void abort() noexcept = 0;
  virtual bool is_open() const = 0;

  // The instance that the caller is, by the socket that it came through; empty: any.
  const std::string& instance() const { return instance_; }
  // What it may ask for, beside what its socket may.
  const Access& access() const { return access_; }

  void request_began(const RequestCost& cost) {
    ++in_flight_;
    request_bytes_ += cost.request;
    reply_bytes_ += cost.reply;
  }
  std::size_t in_flight() const { return in_flight_; }
  // How the store knows this session, for a request of so many bytes.
  Caller caller(std::size_t bytes) {
    if (!gone_) gone_ = std::make_shared<std::atomic<bool>>(!is_open());
    return {this, bytes, gone_};
  }

  // Returns whether the next request can only be the consequence of the latest reply: nothing else
  // was in flight and it came soon after. See Operation::closed_loop.
  bool is_closed_loop(SteadyTime arrived) const {
    return in_flight_ == 0 && arrived - last_reply_ < std::chrono::milliseconds(2);
  }

 protected:
  explicit Session(std::string instance, Access access = {})
      : instance_(std::move(instance)), access_(std::move(access)) {}

  void request_ended(const RequestCost& cost) {
    --in_flight_;
    request_bytes_ -= cost.request;
    reply_bytes_ -= cost.reply;
  }
  void replied_at(SteadyTime time) { last_reply_ = time; }
  // What it asked for and waits for is not read any more.
  void set_gone() noexcept {
    if (gone_) gone_->store(true, std::memory_order_relaxed);
  }

  // Whether one more request may be taken; one always may.
  bool has_capacity(std::size_t unsent) const {
    return in_flight_ < max_requests_in_flight && unsent < output_high_water &&
           (in_flight_ == 0 || bytes_in_flight() < most_bytes_in_flight);
  }
  // Whether that is true again with some to spare.
  bool has_capacity_again(std::size_t unsent) const {
    return in_flight_ <= max_requests_in_flight / 2 && unsent <= output_high_water / 2 &&
           (in_flight_ == 0 || bytes_in_flight() <= most_bytes_in_flight / 2);
  }
  std::size_t request_bytes() const { return request_bytes_; }

 private:
  std::size_t bytes_in_flight() const { return request_bytes_ + reply_bytes_; }

  std::string instance_;
  Access access_;
  std::size_t in_flight_ = 0;
  std::size_t request_bytes_ = 0;
  std::size_t reply_bytes_ = 0;
  SteadyTime last_reply_{};
  std::shared_ptr<std::atomic<bool>> gone_;  // made when it is asked for
};

using SessionPtr = boost::intrusive_ptr<Session>;

}  // namespace yardmaster
