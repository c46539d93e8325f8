#include "coordinator/broker/sessions/http_connection.h"

#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/sessions/http_access.h"
#include "coordinator/broker/sessions/http_page.h"
#include "coordinator/broker/sessions/http_replies.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

// A connection may be silent for this long between requests, or take this long to send a request or
// read the reply.
constexpr auto request_timeout = std::chrono::seconds(60);
constexpr std::size_t most_borne_websockets = 256;
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

// The caller of one POST /command: gets one reply.
class PostSession final : public Session {
 public:
  PostSession(asio::io_context& io, std::string instance, Access access)
      : Session(std::move(instance), std::move(access)), replied_(io, SteadyTime::max()) {}

  std::string& frame() override { return reply_; }
  void end_reply(const RequestCost& cost) override {
    request_ended(cost);
    done_ = true;
    replied_.cancel();
  }
  void send_event(std::string_view /*beginning*/, const SharedText& /*rest*/) override {}
  bool can_subscribe() const override { return false; }
  void close_when_idle() override {}
  void abort() noexcept override {
    done_ = true;
    set_gone();
    replied_.cancel();
  }
  bool is_open() const override { return !done_; }

  asio::awaitable<std::string> reply() {
    boost::system::error_code cancelled;
    if (!done_) {
      const KeepName keep_name;
      co_await replied_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    co_return std::move(reply_);
  }

 private:
  asio::steady_timer replied_;
  std::string reply_;
  bool done_ = false;
};

class HttpConnection final : public std::enable_shared_from_this<HttpConnection>,
                             private MemoryBudget::Account::Owner {
 public:
  HttpConnection(HttpContext& context, HttpSocket socket, std::string instance, Way way)
      : context_(context),
        socket_(std::move(socket)),
        timer_(context.io),
        memory_(context.memory, *this),
        instance_(std::move(instance)),
        way_(way) {}

  asio::awaitable<void> run(std::string received) {
    const auto keep_alive = shared_from_this();
    co_await serve_all(std::move(received));
    if (!upgrade_) co_return;
    co_await serve_websocket(context_, std::move(socket_), std::move(*upgrade_),
                             std::move(instance_), std::move(access_));
  }

 private:
  asio::awaitable<void> serve_all(std::string received) {
    const OpenConnections::Entry entry(context_.connections(way_), instance_, {},
                                       [this](bool /*at_once*/) { close_when_idle(); });
    beast::flat_buffer buffer;
    const auto room = buffer.prepare(received.size());
    buffer.commit(asio::buffer_copy(room, asio::buffer(received)));
    while (co_await serve_one(buffer)) {
    }
    timer_.cancel();
  }

  asio::awaitable<std::optional<HttpReply>> read(beast::flat_buffer& buffer, HttpParser& parser,
                                                 boost::system::error_code& failure);
  asio::awaitable<bool> serve_one(beast::flat_buffer& buffer);
  bool may_upgrade(const HttpRequest& request) const;
  std::optional<HttpReply> refusal_of_upgrade(const HttpRequest& request,
                                              std::size_t received) const;
  asio::awaitable<HttpReply> answer(const HttpRequest& request);
  asio::awaitable<HttpReply> show_instance(const HttpRequest& request, std::string name);
  asio::awaitable<HttpReply> run_command(const HttpRequest& request);
  std::optional<HttpReply> refusal_of_access(const HttpRequest& request);
  bool is_page(std::string_view path) const { return way_ == Way::port && is_page_path(path); }
  void start_timer();
  void shed() noexcept override { close(); }
  const std::string& whose() const override { return instance_; }
  // Lets the request that is being answered have its reply.
  void close_when_idle() {
    closing_ = true;
    if (!answering_) close();
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  HttpContext& context_;
  HttpSocket socket_;
  asio::steady_timer timer_;
  MemoryBudget::Account memory_;
  std::string instance_;
  Way way_;
  Access access_;  // of the request that is being answered
  bool answering_ = false;
  bool closing_ = false;
  std::optional<HttpRequest> upgrade_;
};

void HttpConnection::start_timer() {
  timer_.expires_after(request_timeout);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& failure) {
    const auto self = weak.lock();
    // It may have been set anew after it expired.
    if (!failure && self && self->timer_.expiry() <= std::chrono::steady_clock::now()) {
      self->close();
    }
  });
}

// Reads a request; gives why it is refused, if it is.
asio::awaitable<std::optional<HttpReply>> HttpConnection::read(beast::flat_buffer& buffer,
                                                               HttpParser& parser,
                                                               boost::system::error_code& failure) {
  co_await http::async_read_header(socket_, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) {
    std::optional<HttpReply> refused = refusal_of_head(parser.get(), parser.chunked());
    if (!refused) refused = refusal_of_access(parser.get());
    if (refused) co_return refused;
    if (awaits_continue(parser.get()) && !parser.is_done()) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket_, asio::buffer(go_on),
                                 asio::redirect_error(asio::use_awaitable, failure));
    }
  }
  const bool has_body = !parser.is_done();
  parser.eager(true);
  while (!failure && !parser.is_done()) {
    co_await http::async_read_some(socket_, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, failure));
    memory_.set(buffer.capacity() + parser.get().body().capacity(), 0);
  }
  // A token may be gone since its header came.
  if (!failure && has_body) co_return refusal_of_access(parser.get());
  if (!failure || failure == http::error::end_of_stream || !socket_.is_open())
    co_return std::nullopt;
  co_return refusal_of_failure(parser.get(), failure);
}

// Reads a request and answers it; false when it was the last.
asio::awaitable<bool> HttpConnection::serve_one(beast::flat_buffer& buffer) {
  HttpParser parser;
  parser.body_limit(max_frame_bytes);
  boost::system::error_code failure;
  start_timer();
  std::optional<HttpReply> refused = co_await read(buffer, parser, failure);
  now_running("http");
  timer_.cancel();
  if (!refused && (failure || !socket_.is_open())) co_return false;
  const HttpRequest request = parser.release();
  const bool is_refused = refused.has_value();
  answering_ = true;
  if (!is_refused && may_upgrade(request)) {
    // Its frames have to wait for the answer (RFC 6455, 4.1).
    refused = refusal_of_upgrade(request, buffer.size());
    if (!refused) {
      upgrade_ = request;
      co_return false;
    }
  }
  HttpReply reply;
  if (refused) {
    reply = std::move(*refused);
  } else {
    reply = co_await answer(request);
  }
  if (request.method() == http::verb::head) reply.body().clear();
  if (closing_) reply.keep_alive(false);
  const bool more = reply.keep_alive();
  start_timer();
  memory_.set(buffer.capacity() + request.body().capacity() + reply.body().capacity(), 0);
  co_await http::async_write(socket_, reply, asio::redirect_error(asio::use_awaitable, failure));
  timer_.cancel();
  memory_.set(buffer.capacity(), 0);
  answering_ = false;
  co_return more && !failure && !closing_;
}

// `received` bytes came behind the request.
std::optional<HttpReply> HttpConnection::refusal_of_upgrade(const HttpRequest& request,
                                                            std::size_t received) const {
  std::optional<HttpReply> refused;
  if (received > 0) {
    refused = refusal(request, http::status::bad_request,
                      Error(ErrorCode::invalid_request, "a WebSocket's frames follow its answer"));
  } else if (!access_.bearer.empty() && context_.open->size_of_borne() >= most_borne_websockets) {
    refused = refusal(request, http::status::service_unavailable,
                      Error(ErrorCode::unavailable, "too many WebSockets came by access tokens"));
  }
  if (refused) refused->keep_alive(false);
  return refused;
}

bool HttpConnection::may_upgrade(const HttpRequest& request) const {
  const std::string_view path = path_of(request);
  return beast::websocket::is_upgrade(request) && way_ != Way::metrics &&
         (path == "/ws" || (is_page(path) && path == page_socket));
}

// What it grants is kept. It is refused before its body is read: anybody may send that.
std::optional<HttpReply> HttpConnection::refusal_of_access(const HttpRequest& request) {
  access_ = {};
  const std::string_view path = path_of(request);
  std::optional<HttpReply> refused;
  if (is_guarded(way_, request)) {
    refused = refusal_of_place(request, context_.options);
    const bool is_open = is_page(path) && path != page_socket;  // see page_reply()
    const bool has_body = request.count(http::field::transfer_encoding) > 0 ||
                          (request.count(http::field::content_length) > 0 &&
                           request[http::field::content_length] != "0");
    if (!refused && is_open && has_body) refused = refusal_of_method(request, "GET, HEAD");
    if (!refused && !is_open) {
      const auto access = is_page(path) ? access_of_page(request, context_.browsers)
                                        : access_by_token(request, context_.options);
      if (access) access_ = *access;
      if (!access) refused = refusal_without_token(request);
    }
  } else if (path != "/health" && path != "/metrics" &&
             !is_allowed_origin(request, context_.options)) {
    refused = refusal(request, http::status::forbidden,
                      Error(ErrorCode::forbidden, "this origin is not allowed"));
  }
  if (refused) refused->keep_alive(false);
  return refused;
}

asio::awaitable<HttpReply> HttpConnection::answer(const HttpRequest& request) {
  const std::string_view path = path_of(request);
  constexpr std::string_view instances = "/instance/";
  const bool is_public = path == "/health" || path == "/metrics";
  const bool is_read = is_public || path == "/ws" || path.starts_with(instances);
  if (is_page(path)) co_return page_reply(request, context_.browsers);
  if ((!is_read && path != "/command") || (way_ == Way::metrics && !is_public)) {
    const Error error(ErrorCode::not_found,
                      "there are GET /health, /metrics, /instance/NAME, /ws and POST /command");
    co_return refusal(request, http::status::not_found, error);
  }
  const bool reads = request.method() == http::verb::get || request.method() == http::verb::head;
  if (is_read ? !reads : request.method() != http::verb::post) {
    co_return refusal_of_method(request, is_read ? "GET, HEAD" : "POST");
  }
  if (path == "/health") {
    co_return reply_with(request, http::status::ok, json_type, "{\"status\":\"ok\"}\n");
  }
  if (path == "/metrics") {
    now_running("metrics");
    std::string text = co_await context_.pages.metrics();
    co_return reply_with(request, http::status::ok, metrics_type, std::move(text));
  }
  if (path == "/ws") co_return refusal_without_upgrade(request);
  if (path == "/command") co_return co_await run_command(request);
  std::string name(path.substr(instances.size()));
  co_return co_await show_instance(request, std::move(name));
}

asio::awaitable<HttpReply> HttpConnection::show_instance(const HttpRequest& request,
                                                         std::string name) {
  std::optional<Error> failure;
  std::string body;
  try {
    require_name("instance", name);
    body = co_await context_.pages.instance(name);
  } catch (const Error& error) {
    failure.emplace(error);
  }
  if (!failure) co_return reply_with(request, http::status::ok, json_type, body + "\n");
  const bool missing = failure->code() == ErrorCode::not_found;
  const bool wrong = failure->code() == ErrorCode::invalid_request;
  http::status status = http::status::internal_server_error;
  if (missing) status = http::status::not_found;
  if (wrong) status = http::status::bad_request;
  co_return refusal(request, status, *failure);
}

// The reply to a command is 200, whatever it says: HTTP only carries it.
asio::awaitable<HttpReply> HttpConnection::run_command(const HttpRequest& request) {
  const boost::intrusive_ptr<PostSession> session(new PostSession(context_.io, instance_, access_));
  context_.dispatcher.handle(*session, request.body(), std::chrono::steady_clock::now());
  std::string body = co_await session->reply();
  body.push_back('\n');
  co_return reply_with(request, http::status::ok, json_type, std::move(body));
}

}  // namespace

asio::awaitable<void> serve_connection(HttpContext& context, HttpSocket socket,
                                       std::string instance, Way way, std::string received) {
  const auto connection =
      std::make_shared<HttpConnection>(context, std::move(socket), std::move(instance), way);
  co_await connection->run(std::move(received));
}

}  // namespace yardmaster
