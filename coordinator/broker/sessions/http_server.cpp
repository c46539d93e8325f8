#include "coordinator/broker/sessions/http_server.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/sessions/http_connection.h"
#include "coordinator/broker/sessions/http_replies.h"
#include "coordinator/broker/sessions/tcp_endpoint.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// A connection may be silent for this long between requests, or take this long to send a request or
// read the reply.
constexpr auto request_timeout = std::chrono::seconds(60);
// Anybody may connect over TCP: the longest makes room for the next.
constexpr std::size_t most_metrics_connections = 16;
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

// The caller of one POST /command: gets one reply.
class PostSession final : public Session {
 public:
  PostSession(asio::io_context& io, std::string instance)
      : Session(std::move(instance)), replied_(io, SteadyTime::max()) {}

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
  // `metrics_only`: came over TCP, where anybody may connect.
  HttpConnection(HttpContext& context, HttpSocket socket, std::string instance, bool metrics_only)
      : context_(context),
        socket_(std::move(socket)),
        timer_(context.io),
        memory_(context.memory, *this),
        instance_(std::move(instance)),
        metrics_only_(metrics_only) {}

  asio::awaitable<void> run(std::string received) {
    const auto keep_alive = shared_from_this();
    co_await serve_all(std::move(received));
    if (!upgrade_) co_return;
    co_await serve_websocket(context_, std::move(socket_), std::move(*upgrade_),
                             std::move(instance_));
  }

 private:
  asio::awaitable<void> serve_all(std::string received) {
    const OpenConnections::Entry entry(metrics_only_ ? context_.metrics : context_.open, instance_,
                                       [this] { close_when_idle(); });
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
  asio::awaitable<HttpReply> answer(const HttpRequest& request);
  asio::awaitable<HttpReply> show_instance(const HttpRequest& request, std::string name);
  asio::awaitable<HttpReply> run_command(const HttpRequest& request);
  bool is_allowed_origin(const HttpRequest& request) const;
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
  bool metrics_only_;
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
    if (refused) co_return refused;
    if (awaits_continue(parser.get()) && !parser.is_done()) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket_, asio::buffer(go_on),
                                 asio::redirect_error(asio::use_awaitable, failure));
    }
  }
  parser.eager(true);
  while (!failure && !parser.is_done()) {
    co_await http::async_read_some(socket_, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, failure));
    memory_.set(buffer.capacity() + parser.get().body().capacity(), 0);
  }
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
  const bool is_refused = refused.has_value();
  const HttpRequest request = parser.release();
  answering_ = true;
  if (!is_refused && may_upgrade(request)) {
    // Its frames have to wait for the answer (RFC 6455, 4.1).
    if (buffer.size() == 0) {
      upgrade_ = request;
      co_return false;
    }
    refused = refusal(request, http::status::bad_request,
                      Error(ErrorCode::invalid_request, "a WebSocket's frames follow its answer"));
    refused->keep_alive(false);
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

bool HttpConnection::may_upgrade(const HttpRequest& request) const {
  return beast::websocket::is_upgrade(request) && path_of(request) == "/ws" && !metrics_only_ &&
         is_allowed_origin(request);
}

asio::awaitable<HttpReply> HttpConnection::answer(const HttpRequest& request) {
  const std::string_view path = path_of(request);
  constexpr std::string_view instances = "/instance/";
  const bool is_public = path == "/health" || path == "/metrics";
  const bool is_page = is_public || path == "/ws" || path.starts_with(instances);
  if ((!is_page && path != "/command") || (metrics_only_ && !is_public)) {
    const Error error(ErrorCode::not_found,
                      "there are GET /health, /metrics, /instance/NAME, /ws and POST /command");
    co_return refusal(request, http::status::not_found, error);
  }
  if (!is_public && !is_allowed_origin(request)) {
    const Error error(ErrorCode::forbidden, "this origin is not allowed");
    co_return refusal(request, http::status::forbidden, error);
  }
  const bool reads = request.method() == http::verb::get || request.method() == http::verb::head;
  if (is_page ? !reads : request.method() != http::verb::post) {
    co_return refusal_of_method(request, is_page ? "GET, HEAD" : "POST");
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
  const boost::intrusive_ptr<PostSession> session(new PostSession(context_.io, instance_));
  context_.dispatcher.handle(*session, request.body(), std::chrono::steady_clock::now());
  std::string body = co_await session->reply();
  body.push_back('\n');
  co_return reply_with(request, http::status::ok, json_type, std::move(body));
}

// Programs send no Origin; web pages cannot help it.
bool HttpConnection::is_allowed_origin(const HttpRequest& request) const {
  const auto origin = request.find(http::field::origin);
  if (origin == request.end()) return true;
  const std::string_view value(origin->value().data(), origin->value().size());
  const auto& allowed = context_.options.allowed_origins;
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(asio::io_context& io, Dispatcher& dispatcher, MemoryBudget& memory, HttpOptions options,
       HttpPages pages, std::function<void(Session&)> on_closed)
      : context_{io,
                 dispatcher,
                 memory,
                 std::move(options),
                 std::move(pages),
                 std::move(on_closed)},
        acceptor_(io) {}

  void serve(HttpSocket socket, std::string instance, std::string received, bool metrics_only) {
    const auto connection = std::make_shared<HttpConnection>(context_, std::move(socket),
                                                             std::move(instance), metrics_only);
    asio::co_spawn(context_.io, connection->run(std::move(received)), asio::detached);
  }

  void listen(const std::string& address, bool public_too) {
    const tcp::endpoint endpoint = parse_endpoint("metrics_listen", address);
    if (!endpoint.address().is_loopback() && !public_too) {
      throw Error(ErrorCode::usage, "metrics_listen: " + address +
                                        " is not a loopback address; set metrics_public to true "
                                        "if everyone may read the metrics");
    }
    try {
      acceptor_ = tcp::acceptor(context_.io, endpoint, true);
    } catch (const boost::system::system_error& error) {
      throw Error(ErrorCode::usage, "metrics_listen: " + address + ": " + error.code().message());
    }
    asio::co_spawn(context_.io, accept_all(), asio::detached);
  }

  asio::awaitable<void> accept_all() {
    while (acceptor_.is_open()) {
      boost::system::error_code failure;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (!failure) {
        if (context_.metrics->size() >= most_metrics_connections)
          context_.metrics->hang_up_oldest();
        if (context_.options.admit(socket.native_handle())) {
          serve(HttpSocket(std::move(socket)), {}, {}, true);
        }
        continue;
      }
      asio::steady_timer pause(context_.io, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
    }
  }

  void hang_up(const std::string* instance) {
    context_.open->hang_up(instance);
    if (instance == nullptr) context_.metrics->hang_up(nullptr);
    boost::system::error_code ignored;
    if (instance == nullptr) acceptor_.close(ignored);
  }

  HttpContext& context() { return context_; }

 private:
  HttpContext context_;
  tcp::acceptor acceptor_;
};

HttpServer::HttpServer(asio::io_context& io, Dispatcher& dispatcher, MemoryBudget& memory,
                       HttpOptions options, HttpPages pages,
                       std::function<void(Session&)> on_closed)
    : impl_(std::make_shared<Impl>(io, dispatcher, memory, std::move(options), std::move(pages),
                                   std::move(on_closed))) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(UniqueFd socket, std::string instance, std::string received) {
  HttpSocket stream(impl_->context().io);
  boost::system::error_code failure;
  stream.assign(asio::generic::stream_protocol(AF_UNIX, 0), socket.get(), failure);
  if (failure) return;
  socket.release();
  impl_->serve(std::move(stream), std::move(instance), std::move(received), false);
}

void HttpServer::listen_for_metrics(const std::string& address, bool public_too) {
  impl_->listen(address, public_too);
}

void HttpServer::hang_up(const std::string& instance) {
  if (!instance.empty()) impl_->hang_up(&instance);
}
void HttpServer::hang_up_all() { impl_->hang_up(nullptr); }
std::size_t HttpServer::connections() const { return impl_->context().open->size(); }
std::size_t HttpServer::connections(const std::string& instance) const {
  return impl_->context().open->size(instance);
}

}  // namespace yardmaster
