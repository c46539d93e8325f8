#include <array>
#include <deque>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/sessions/http_access.h"
#include "coordinator/broker/sessions/http_connection.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using Stream = websocket::stream<HttpSocket>;

// What a quiet session holds on to.
constexpr std::size_t kept_capacity = 4096;

// A frame of the protocol per WebSocket message, both ways.
class WebSocketSession final : public Session, private MemoryBudget::Account::Owner {
 public:
  WebSocketSession(HttpContext& context, HttpSocket socket, std::string instance, Access access)
      : Session(std::move(instance), std::move(access)),
        context_(context),
        stream_(std::move(socket)),
        room_(context.io, SteadyTime::max()),
        memory_(context.memory, *this) {}

  asio::awaitable<void> run(HttpRequest request);

  std::string& frame() override { return frame_; }
  void end_reply(const RequestCost& cost) override {
    request_ended(cost);
    enqueue({std::exchange(frame_, {}), nullptr});
    if (may_resume()) room_.cancel();
  }
  void send_event(std::string_view beginning, const SharedText& rest) override {
    enqueue({std::string(beginning), rest});
    if (queued_bytes_ > context_.options.max_output_bytes) abort();
  }
  bool can_subscribe() const override { return true; }
  bool is_open() const override { return open_ && !aborted_; }
  void close_when_idle() override {
    closing_ = true;
    write_on();
  }
  void abort() noexcept override;

 private:
  struct Frame {
    std::string text;
    SharedText rest;  // after it, if any

    std::size_t size() const { return text.size() + (rest ? rest->size() : 0); }
  };

  void shed() noexcept override { abort(); }
  const std::string& whose() const override { return instance(); }

  void hang_up(bool at_once) { open_ && !at_once ? close_when_idle() : abort(); }
  void enqueue(Frame frame);
  void write_on();
  asio::awaitable<void> write_all();
  asio::awaitable<void> read_all();
  asio::awaitable<bool> read_message(beast::flat_buffer& buffer);
  void account(std::size_t input);
  bool may_resume() const { return aborted_ || has_capacity_again(queued_bytes_); }
  asio::awaitable<void> wait_for_room();

  HttpContext& context_;
  Stream stream_;
  asio::steady_timer room_;
  MemoryBudget::Account memory_;
  std::string frame_;
  std::deque<Frame> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t shared_bytes_ = 0;  // of these
  std::size_t input_bytes_ = 0;
  bool open_ = false;
  bool aborted_ = false;
  websocket::close_code close_code_ = websocket::close_code::going_away;
  bool writing_ = false;
  bool closing_ = false;
};

websocket::stream_base::timeout timeouts(std::chrono::nanoseconds ping_interval) {
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = std::chrono::seconds(10);
  // Beast pings when half of the idle time has passed in silence.
  timeout.idle_timeout = 2 * ping_interval;
  timeout.keep_alive_pings = true;
  return timeout;
}

asio::awaitable<void> WebSocketSession::run(HttpRequest request) {
  const SessionPtr keep_alive(this);
  stream_.set_option(timeouts(context_.options.ping_interval));
  stream_.read_message_max(max_frame_bytes);
  if (offers_page_protocol(request)) {
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& reply) {
      reply.set(beast::http::field::sec_websocket_protocol,
                beast::string_view(page_protocol.data(), page_protocol.size()));
    }));
  }
  const OpenConnections::Entry entry(context_.open, instance(), access().bearer,
                                     [this](bool at_once) { hang_up(at_once); });
  boost::system::error_code failure;
  co_await stream_.async_accept(request, asio::redirect_error(asio::use_awaitable, failure));
  if (failure) co_return;
  open_ = true;
  stream_.text(true);
  co_await read_all();
  open_ = false;
  set_gone();
  context_.on_closed(*this);
}

// Reads a whole message, a piece at a time, so that what has come of it counts.
asio::awaitable<bool> WebSocketSession::read_message(beast::flat_buffer& buffer) {
  boost::system::error_code failure;
  do {
    co_await stream_.async_read_some(buffer, 0, asio::redirect_error(asio::use_awaitable, failure));
    account(buffer.capacity());
  } while (!failure && !stream_.is_message_done());
  co_return !failure;
}

asio::awaitable<void> WebSocketSession::read_all() {
  beast::flat_buffer buffer;
  while (open_ && !closing_) {
    if (!co_await read_message(buffer)) co_return;
    now_running("websocket");
    if (!stream_.got_text()) {
      close_code_ = websocket::close_code::unknown_data;
      close_when_idle();
      break;
    }
    const asio::const_buffer data = buffer.cdata();
    const std::string_view text(static_cast<const char*>(data.data()), data.size());
    context_.dispatcher.handle(*this, text, std::chrono::steady_clock::now());
    buffer.clear();
    if (buffer.capacity() > kept_capacity) buffer.shrink_to_fit();
    account(buffer.capacity());
    if (!has_capacity(queued_bytes_)) co_await wait_for_room();
  }
  // The reading goes on until the closing handshake, which the writer began, is over.
  while (co_await read_message(buffer)) buffer.clear();
}

void WebSocketSession::account(std::size_t input) {
  input_bytes_ = input;
  memory_.set(input + request_bytes() + queued_bytes_ - shared_bytes_, shared_bytes_);
}

asio::awaitable<void> WebSocketSession::wait_for_room() {
  boost::system::error_code cancelled;
  while (!may_resume()) {
    co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

void WebSocketSession::enqueue(Frame frame) {
  if (!is_open()) return;
  queued_bytes_ += frame.size();
  if (frame.rest) shared_bytes_ += frame.rest->size();
  queue_.push_back(std::move(frame));
  account(input_bytes_);
  write_on();
}

void WebSocketSession::write_on() {
  if (writing_ || !is_open()) return;
  writing_ = true;
  asio::co_spawn(context_.io, write_all(), asio::detached);
}

asio::awaitable<void> WebSocketSession::write_all() {
  const SessionPtr keep_alive(this);
  boost::system::error_code failure;
  while (is_open() && !failure && !queue_.empty()) {
    const Frame frame = std::move(queue_.front());
    queue_.pop_front();
    const asio::const_buffer rest = frame.rest ? asio::buffer(*frame.rest) : asio::const_buffer();
    const std::array<asio::const_buffer, 2> text{asio::buffer(frame.text), rest};
    co_await stream_.async_write(text, asio::redirect_error(asio::use_awaitable, failure));
    queued_bytes_ -= frame.size();
    if (frame.rest) shared_bytes_ -= frame.rest->size();
    account(input_bytes_);
    if (may_resume()) room_.cancel();
  }
  if (failure) abort();
  if (is_open() && !failure && closing_ && in_flight() == 0) {
    const websocket::close_reason reason(close_code_);
    co_await stream_.async_close(reason, asio::redirect_error(asio::use_awaitable, failure));
  }
  writing_ = false;
}

void WebSocketSession::abort() noexcept {
  aborted_ = true;
  set_gone();
  room_.cancel();
  boost::system::error_code ignored;
  beast::get_lowest_layer(stream_).close(ignored);
}

}  // namespace

asio::awaitable<void> serve_websocket(HttpContext& context, HttpSocket socket, HttpRequest request,
                                      std::string instance, Access access) {
  const boost::intrusive_ptr<WebSocketSession> session(
      new WebSocketSession(context, std::move(socket), std::move(instance), std::move(access)));
  co_await session->run(std::move(request));
}

}  // namespace yardmaster
