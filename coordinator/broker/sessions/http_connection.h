// One HTTP connection, and what it shares with its WebSocket. Private to the HTTP server's sources:
// Beast is slow to compile and stays within them. Broker thread only.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>

#include "coordinator/broker/access/browser_sessions.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/commands/dispatcher.h"
#include "coordinator/broker/sessions/http_server.h"
#include "coordinator/broker/sessions/session.h"

namespace yardmaster {

using HttpSocket = boost::asio::generic::stream_protocol::socket;
using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpReply = boost::beast::http::response<boost::beast::http::string_body>;

// The connections that are open, and how to end each. Each stays for as long as its Entry.
class OpenConnections {
 public:
  struct Connection {
    std::string instance;
    std::string bearer;  // of which access token
    // Lets what is being answered have its reply, unless it is to be at once.
    std::function<void(bool at_once)> close;
  };
  using Connections = std::list<Connection>;

  class Entry {
   public:
    Entry(std::shared_ptr<OpenConnections> all, std::string instance, std::string bearer,
          std::function<void(bool at_once)> close)
        : all_(std::move(all)),
          place_(all_->connections_.insert(
              all_->connections_.end(),
              {std::move(instance), std::move(bearer), std::move(close)})) {}
    ~Entry() { all_->connections_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::shared_ptr<OpenConnections> all_;  // outlives the server: coroutines do
    Connections::iterator place_;
  };

  std::size_t size() const { return connections_.size(); }
  std::size_t size(const std::string& instance) const {
    return count([&](const Connection& each) { return each.instance == instance; });
  }
  // Of those that came by an access token.
  std::size_t size_of_borne() const {
    return count([](const Connection& each) { return !each.bearer.empty(); });
  }
  // Closes the one that has been there longest, if there is one; the next time another, since this
  // one may have to be answered first.
  void hang_up_oldest() {
    if (connections_.empty()) return;
    connections_.splice(connections_.end(), connections_, connections_.begin());
    const auto close = connections_.back().close;
    close(false);
  }
  // Closes the connections of an instance, or all.
  void hang_up(const std::string* instance) const {
    close_each(false, [&](const Connection& each) {
      return instance == nullptr || each.instance == *instance;
    });
  }
  // Cuts off those that came by a token which counts no more.
  void cut_off(const std::string& bearer) const {
    close_each(true, [&](const Connection& each) { return each.bearer == bearer; });
  }

 private:
  template <class Matches>
  std::size_t count(Matches matches) const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), matches));
  }
  template <class Matches>
  void close_each(bool at_once, Matches matches) const {
    std::vector<std::function<void(bool)>> closers;
    for (const Connection& each : connections_) {
      if (matches(each)) closers.push_back(each.close);
    }
    for (const auto& close : closers) close(at_once);
  }

  Connections connections_;
};

struct HttpContext {
  boost::asio::io_context& io;
  Dispatcher& dispatcher;
  MemoryBudget& memory;
  HttpOptions options;
  HttpPages pages;
  std::function<void(Session& session)> on_closed;
  BrowserSessions browsers = {};
  std::shared_ptr<OpenConnections> open = std::make_shared<OpenConnections>();
  // Over TCP, where anybody may connect; a WebSocket, which takes a token, is among `open`.
  std::shared_ptr<OpenConnections> metrics = std::make_shared<OpenConnections>();
  std::shared_ptr<OpenConnections> port = std::make_shared<OpenConnections>();

  const std::shared_ptr<OpenConnections>& connections(Way way) const {
    if (way == Way::metrics) return metrics;
    return way == Way::port ? port : open;
  }
};

// Answers requests until the peer is gone, or it has become a WebSocket that is. `received` was
// read of it already.
boost::asio::awaitable<void> serve_connection(HttpContext& context, HttpSocket socket,
                                              std::string instance, Way way, std::string received);

// Speaks WebSocket until the peer is gone; the request is the upgrade.
boost::asio::awaitable<void> serve_websocket(HttpContext& context, HttpSocket socket,
                                             HttpRequest request, std::string instance,
                                             Access access);

}  // namespace yardmaster
