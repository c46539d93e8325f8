// HTTP/1.1 and WebSockets on connections that begin like HTTP: GET /health, /metrics,
// /instance/<name>, POST /command, GET /ws; and the yard's page over TCP. Broker thread only; a
// coroutine per connection. Who may ask: http_access.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/unique_fd.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/commands/dispatcher.h"

namespace yardmaster {

struct HttpOptions {
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
  std::chrono::nanoseconds ping_interval = std::chrono::seconds(20);
  std::size_t max_output_bytes = 0;
  // Returns whether there is a descriptor for a new TCP connection, and counts it if so.
  std::function<bool(int socket)> admit;
  // Returns what an access token grants.
  std::function<std::optional<Access>(std::string_view secret)> find_token;
};

// Answers for the pages that only the daemon can fill.
struct HttpPages {
  // Returns Prometheus's text; must not throw.
  std::function<boost::asio::awaitable<std::string>()> metrics;
  // Returns one instance as JSON text; throws not_found.
  std::function<boost::asio::awaitable<std::string>(const std::string& name)> instance;
};

class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Dispatcher& dispatcher, MemoryBudget& memory,
             HttpOptions options, HttpPages pages, std::function<void(Session& session)> on_closed);
  ~HttpServer();

  // Takes over a connection to a Unix socket, of which `received` was read already; hangs up when
  // the system has no room for it.
  void serve(UniqueFd socket, std::string instance, Way way, std::string received);
  // Serves /metrics and /health, nothing else, on a TCP port. Throws Error{usage} when the address
  // is not ADDRESS:PORT, cannot be used, or is not the loopback's while not `public_too`.
  void listen_for_metrics(const std::string& address, bool public_too);
  // Serves everything, to who shows an access token, on a TCP port of the loopback. Throws
  // Error{usage}.
  void listen(const std::string& address);
  // Where that is; empty: nowhere.
  std::string address() const;
  // Gives the URL of the yard's page, good for one browser, and listens for it if need be.
  std::string invite_browser();

  void hang_up(const std::string& instance);
  // Cuts off the WebSockets that came by this token.
  void cut_off(const std::string& bearer);
  void hang_up_all();
  // Those over TCP, which have a quota of their own, do not count; WebSockets do, also those that
  // came over TCP, of which there are few (http_connection.cpp).
  std::size_t connections() const;
  std::size_t connections(const std::string& instance) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace yardmaster
