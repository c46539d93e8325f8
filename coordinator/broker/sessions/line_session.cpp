#include "coordinator/broker/sessions/line_session.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {
namespace {

// Capacity that a quiet session may hold on to.
constexpr std::size_t idle_capacity = 2048;

void release_if_large(std::string& text) {
  text.clear();
  if (text.capacity() > idle_capacity) std::string().swap(text);
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

LineSession::LineSession(LineSessionContext& context, UniqueFd socket, std::string instance)
    : Session(std::move(instance)), context_(context), socket_(std::move(socket)) {
  context_.readiness.add(socket_.get(), *this, EPOLLIN);
  interest_ = EPOLLIN;
}

LineSession::~LineSession() {
  if (socket_) context_.readiness.remove(socket_.get(), *this);
}

void LineSession::end_reply() {
  request_ended();
  frame_ended();
  if (unsent() > output_limit) return close();
  if (may_resume()) resume();
}

void LineSession::end_event() {
  frame_ended();
  if (unsent() > context_.max_output_bytes) close();
}

void LineSession::frame_ended() {
  if (!socket_) {
    output_.clear();
    return;
  }
  output_.push_back('\n');
  if (waits_for_flush_) return;
  waits_for_flush_ = true;
  context_.flusher.add(this);
}

void LineSession::flush(SteadyTime now) {
  waits_for_flush_ = false;
  if (!socket_) return;
  while (unsent() > 0) {
    const ssize_t count =
        ::send(socket_.get(), output_.data() + sent_, unsent(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return close();
    if (count < 0) break;
    sent_ += static_cast<std::size_t>(count);
  }
  if (unsent() == 0) {
    release_if_large(output_);
    sent_ = 0;
    replied_at(now);
  } else if (sent_ > output_high_water) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  if (may_resume()) resume();
  update_interest();
  close_if_done();
}

void LineSession::on_ready(std::uint32_t events) {
  now_running("requests");
  const SessionPtr keep_alive(this);
  if ((events & EPOLLOUT) != 0) flush(context_.readiness.turn_began());
  if (!socket_) return;
  if ((events & EPOLLIN) != 0 && !paused_ && !closing_) return receive();
  // The peer is gone for both directions, and nothing that it sent is left to read.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0) close();
}

void LineSession::receive() {
  std::string& buffer = context_.read_buffer;
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (count < 0) return close();
  if (count == 0) return close_when_idle();
  const std::string_view data(buffer.data(), static_cast<std::size_t>(count));
  if (!recognised_ && !recognise(data)) return;
  handle_input(data);
  update_interest();
}

bool LineSession::recognise(std::string_view data) {
  recognised_ = data.front() == '{';
  if (recognised_) return true;
  context_.readiness.remove(socket_.get(), *this);
  UniqueFd socket = std::move(socket_);
  context_.on_closed(*this);
  context_.on_http(std::move(socket), instance(), std::string(data));
  return false;
}

void LineSession::handle_input(std::string_view data) {
  if (!tail_.empty()) data = finish_tail(data);
  while (!data.empty() && has_room()) {
    const std::size_t end = data.find('\n');
    if (end == std::string_view::npos) break;
    handle(data.substr(0, end));
    data.remove_prefix(end + 1);
  }
  keep_tail(data);
}

// Completes the frame whose beginning was kept; gives what follows it.
std::string_view LineSession::finish_tail(std::string_view data) {
  const std::size_t end = data.find('\n');
  if (end == std::string_view::npos) return data;
  tail_.append(data.substr(0, end));
  const std::string line = std::exchange(tail_, {});
  handle(line);
  return data.substr(end + 1);
}

void LineSession::handle(std::string_view line) {
  if (line.size() > max_frame_bytes) return refuse_long_frame();
  if (is_blank(line)) return;
  context_.dispatcher.handle(*this, line, context_.readiness.turn_began());
}

void LineSession::keep_tail(std::string_view rest) {
  if (closing_ || !socket_) return;
  tail_.append(rest);
  paused_ = !has_room();
  if (!paused_ && tail_.size() > max_frame_bytes) refuse_long_frame();
}

void LineSession::resume() {
  paused_ = false;
  const std::string pending = std::exchange(tail_, {});
  handle_input(pending);
  update_interest();
}

void LineSession::refuse_long_frame() {
  if (closing_) return;
  context_.dispatcher.refuse(
      *this, {},
      Error(ErrorCode::frame_too_large,
            "a frame may have " + std::to_string(max_frame_bytes) + " bytes"));
  close_when_idle();
}

bool LineSession::has_room() const {
  return socket_ && !closing_ && in_flight() < max_requests_in_flight &&
         unsent() < output_high_water;
}

bool LineSession::may_resume() const {
  return paused_ && socket_ && !closing_ && in_flight() <= max_requests_in_flight / 2 &&
         unsent() <= output_high_water / 2;
}

void LineSession::update_interest() {
  if (!socket_) return;
  const std::uint32_t reads = !paused_ && !closing_ ? std::uint32_t{EPOLLIN} : 0;
  const std::uint32_t writes = unsent() > 0 && !waits_for_flush_ ? std::uint32_t{EPOLLOUT} : 0;
  if (interest_ == (reads | writes)) return;
  interest_ = reads | writes;
  context_.readiness.change(socket_.get(), *this, interest_);
}

void LineSession::close_when_idle() {
  closing_ = true;
  std::string().swap(tail_);
  update_interest();
  close_if_done();
}

void LineSession::close_if_done() {
  if (closing_ && socket_ && in_flight() == 0 && unsent() == 0) close();
}

void LineSession::close() {
  if (!socket_) return;
  const SessionPtr keep_alive(this);
  closing_ = true;
  context_.readiness.remove(socket_.get(), *this);
  socket_.reset();
  std::string().swap(output_);
  sent_ = 0;
  std::string().swap(tail_);
  context_.on_closed(*this);
}

}  // namespace yardmaster
