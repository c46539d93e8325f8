#include "coordinator/broker/sessions/line_session.h"

#include <cerrno>
#include <new>
#include <utility>

#include <sys/socket.h>

#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {
namespace {

// In one go, so that others have their turn.
constexpr int most_frames_at_once = 256;
// Of a frame that was refused, before who sends it is hung up on.
constexpr std::size_t most_ignored = std::size_t{64} << 20U;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

LineSession::LineSession(LineSessionContext& context, UniqueFd socket, std::string instance,
                         Way way)
    : Session(std::move(instance)),
      context_(context),
      socket_(std::move(socket)),
      way_(way),
      memory_(context.memory, *this) {
  context_.readiness.add(socket_.get(), *this, EPOLLIN);
  interest_ = EPOLLIN;
}

LineSession::~LineSession() {
  if (socket_) context_.readiness.remove(socket_.get(), *this);
}

void LineSession::end_reply(const RequestCost& cost) {
  request_ended(cost);
  frame_ended();
  resume_if_possible();
}

void LineSession::send_event(std::string_view beginning, const SharedText& rest) {
  if (!socket_) return;
  output_.end().append(beginning);
  output_.append(rest);
  frame_ended();
  account();
  if (output_.unsent() > context_.max_output_bytes) close();
}

void LineSession::frame_ended() {
  if (!socket_) return output_.clear();
  output_.end().push_back('\n');
  if (waits_for_flush_) return;
  waits_for_flush_ = true;
  context_.flusher.add(this);
}

void LineSession::flush(SteadyTime now) {
  waits_for_flush_ = false;
  if (!socket_) return;
  if (!output_.send(socket_.get())) return close();
  if (output_.unsent() == 0) replied_at(now);
  account();
  resume_if_possible();
  update_interest();
  close_if_done();
}

void LineSession::resume_if_possible() {
  if (may_resume()) resume();
}

// What it holds, but for what a quiet session holds on to.
void LineSession::account() {
  memory_.set(tail_.capacity() + output_.own_memory() + request_bytes(), output_.shared());
}

// A session for which there is no memory ends; the others go on.
void LineSession::on_ready(std::uint32_t events) {
  now_running("requests");
  const SessionPtr keep_alive(this);
  try {
    handle_events(events);
  } catch (const std::bad_alloc&) {
    close();
  }
}

void LineSession::handle_events(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush(context_.readiness.turn_began());
  if (!socket_) return;
  const bool hung_up = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if ((events & EPOLLIN) != 0 && !paused_ && !closing_) return receive(hung_up);
  // The peer is gone for both directions, and nothing that it sent is left to read.
  if (hung_up && (events & EPOLLIN) == 0) close();
}

void LineSession::receive(bool hung_up) {
  std::string& buffer = context_.read_buffer;
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (count < 0 || (count == 0 && hung_up)) return close();
  if (count == 0) return close_when_idle();
  const std::string_view data(buffer.data(), static_cast<std::size_t>(count));
  if (!recognised_ && !recognise(data)) return;
  handle_input(data);
  account();
  update_interest();
}

void LineSession::shed() noexcept { close(); }

bool LineSession::recognise(std::string_view data) {
  recognised_ = data.front() == '{';
  if (recognised_ && way_ == Way::owner) return true;
  if (recognised_) {
    refuse_stranger();
    return false;
  }
  context_.readiness.remove(socket_.get(), *this);
  UniqueFd socket = std::move(socket_);
  context_.on_closed(*this);
  context_.on_http(std::move(socket), instance(), way_, std::string(data));
  return false;
}

// Lines have no place for an access token.
void LineSession::refuse_stranger() {
  context_.dispatcher.refuse(
      *this, {},
      Error(
          ErrorCode::forbidden,
          "only the yard's own user speaks in lines: ask over HTTP or a WebSocket, with an access "
          "token ('yardmaster token create')"));
  close_when_idle();
}

void LineSession::handle_input(std::string_view data) {
  if (ignoring_) return ignore(data);
  if (!tail_.empty()) data = finish_tail(data);
  const bool in_time = handle_frames(data);
  keep_tail(data, !in_time);
  if (!in_time && paused_) context_.resume_later(*this);
}

bool LineSession::handle_frames(std::string_view& data) {
  for (int handled = 0; !data.empty() && has_room(); ++handled) {
    const std::size_t end = data.find('\n');
    if (end == std::string_view::npos) break;
    if (handled == most_frames_at_once) return false;
    handle(data.substr(0, end));
    data.remove_prefix(end + 1);
  }
  return true;
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
  if (line.size() > max_frame_bytes) {
    refuse_long_frame();
    return close_when_idle();
  }
  if (is_blank(line)) return;
  context_.dispatcher.handle(*this, line, context_.readiness.turn_began());
}

void LineSession::keep_tail(std::string_view rest, bool pauses) {
  if (closing_ || !socket_) return;
  tail_.append(rest);
  paused_ = pauses || !has_room();
  if (!paused_ && tail_.size() > max_frame_bytes) refuse_long_frame();
}

void LineSession::resume() {
  paused_ = false;
  const std::string pending = std::exchange(tail_, {});
  handle_input(pending);
  account();
  update_interest();
}

void LineSession::refuse_long_frame() {
  if (closing_) return;
  context_.dispatcher.refuse(
      *this, {},
      Error(ErrorCode::frame_too_large,
            "a frame may have " + std::to_string(max_frame_bytes) + " bytes"));
  ignoring_ = true;
  std::string().swap(tail_);
}

// Who is hung up on while he still writes may never read why.
void LineSession::ignore(std::string_view data) {
  ignored_ += data.size();
  if (ignored_ > most_ignored || data.find('\n') != std::string_view::npos) close_when_idle();
}

bool LineSession::has_room() const {
  return socket_ && !closing_ && has_capacity(output_.unsent());
}

bool LineSession::may_resume() const {
  return paused_ && socket_ && !closing_ && has_capacity_again(output_.unsent());
}

void LineSession::update_interest() {
  if (!socket_) return;
  const std::uint32_t reads = !paused_ && !closing_ ? std::uint32_t{EPOLLIN} : 0;
  const std::uint32_t writes =
      output_.unsent() > 0 && !waits_for_flush_ ? std::uint32_t{EPOLLOUT} : 0;
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
  if (closing_ && socket_ && in_flight() == 0 && output_.unsent() == 0) close();
}

void LineSession::close() noexcept {
  if (!socket_) return;
  const SessionPtr keep_alive(this);
  closing_ = true;
  set_gone();
  context_.readiness.remove(socket_.get(), *this);
  socket_.reset();
  output_.clear();
  std::string().swap(tail_);
  memory_.set(0, 0);
  context_.on_closed(*this);
}

}  // namespace yardmaster
