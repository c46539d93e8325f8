#include "coordinator/broker/sessions/http_server.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/broker/sessions/http_connection.h"
#include "coordinator/broker/sessions/tcp_endpoint.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Anybody may connect over TCP: the one that is there longest makes room for the next.
constexpr std::size_t most_metrics_connections = 16;
constexpr std::size_t most_port_connections = 64;

tcp::acceptor listen_on(asio::io_context& io, const std::string& setting,
                        const std::string& address, const tcp::endpoint& endpoint) {
  try {
    return {io, endpoint, true};
  } catch (const boost::system::system_error& error) {
    throw Error(ErrorCode::usage, setting + ": " + address + ": " + error.code().message());
  }
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
        metrics_(io),
        port_(io) {}

  void serve(HttpSocket socket, std::string instance, Way way, std::string received) {
    asio::awaitable<void> serving = serve_connection(context_, std::move(socket),
                                                     std::move(instance), way, std::move(received));
    asio::co_spawn(context_.io, std::move(serving), asio::detached);
  }

  void listen_for_metrics(const std::string& address, bool public_too) {
    const tcp::endpoint endpoint = parse_endpoint("metrics_listen", address);
    if (!endpoint.address().is_loopback() && !public_too) {
      throw Error(ErrorCode::usage, "metrics_listen: " + address +
                                        " is not a loopback address; set metrics_public to true "
                                        "if everyone may read the metrics");
    }
    metrics_ = listen_on(context_.io, "metrics_listen", address, endpoint);
    asio::co_spawn(context_.io, accept_all(metrics_, Way::metrics, most_metrics_connections),
                   asio::detached);
  }

  void listen(const std::string& address) {
    const tcp::endpoint endpoint = parse_endpoint("listen", address);
    if (!endpoint.address().is_loopback()) {
      throw Error(ErrorCode::usage, "listen: " + address +
                                        " is not a loopback address, and what is said here is not "
                                        "encrypted: for others put a proxy with TLS before it "
                                        "('yardmaster nginx-config')");
    }
    port_ = listen_on(context_.io, "listen", address, endpoint);
    asio::co_spawn(context_.io, accept_all(port_, Way::port, most_port_connections),
                   asio::detached);
  }

  std::string address() const {
    if (!port_.is_open()) return {};
    const tcp::endpoint endpoint = port_.local_endpoint();
    const std::string ip = endpoint.address().to_string();
    const std::string host = endpoint.address().is_v6() ? "[" + ip + "]" : ip;
    return host + ":" + std::to_string(endpoint.port());
  }

  asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Way way, std::size_t most) {
    while (acceptor.is_open()) {
      boost::system::error_code failure;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (!failure) {
        const auto& all = context_.connections(way);
        if (all->size() >= most) all->hang_up_oldest();
        if (context_.options.admit(socket.native_handle())) {
          serve(HttpSocket(std::move(socket)), {}, way, {});
        }
        continue;
      }
      asio::steady_timer pause(context_.io, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
    }
  }

  void hang_up(const std::string& instance) { context_.open->hang_up(&instance); }

  void hang_up_all() {
    for (const auto& all : {context_.open, context_.metrics, context_.port}) all->hang_up(nullptr);
    boost::system::error_code ignored;
    metrics_.close(ignored);
    port_.close(ignored);
  }

  HttpContext& context() { return context_; }

 private:
  HttpContext context_;
  tcp::acceptor metrics_;
  tcp::acceptor port_;
};

HttpServer::HttpServer(asio::io_context& io, Dispatcher& dispatcher, MemoryBudget& memory,
                       HttpOptions options, HttpPages pages,
                       std::function<void(Session&)> on_closed)
    : impl_(std::make_shared<Impl>(io, dispatcher, memory, std::move(options), std::move(pages),
                                   std::move(on_closed))) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(UniqueFd socket, std::string instance, Way way, std::string received) {
  HttpSocket stream(impl_->context().io);
  boost::system::error_code failure;
  stream.assign(asio::generic::stream_protocol(AF_UNIX, 0), socket.get(), failure);
  if (failure) return;
  socket.release();
  impl_->serve(std::move(stream), std::move(instance), way, std::move(received));
}

void HttpServer::listen_for_metrics(const std::string& address, bool public_too) {
  impl_->listen_for_metrics(address, public_too);
}
void HttpServer::listen(const std::string& address) { impl_->listen(address); }
std::string HttpServer::address() const { return impl_->address(); }

std::string HttpServer::invite_browser() {
  if (impl_->address().empty()) impl_->listen("127.0.0.1:0");
  const SteadyTime now = std::chrono::steady_clock::now();
  return "http://" + impl_->address() + "/ui?invitation=" + impl_->context().browsers.invite(now);
}

void HttpServer::hang_up(const std::string& instance) {
  if (!instance.empty()) impl_->hang_up(instance);
}
void HttpServer::cut_off(const std::string& bearer) { impl_->context().open->cut_off(bearer); }
void HttpServer::hang_up_all() { impl_->hang_up_all(); }
std::size_t HttpServer::connections() const { return impl_->context().open->size(); }
std::size_t HttpServer::connections(const std::string& instance) const {
  return impl_->context().open->size(instance);
}

}  // namespace yardmaster
