// One HTTP connection, and what it shares with its WebSocket. Private to the HTTP server's sources:
// Beast is slow to compile and stays within them. Broker thread only.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>

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
  using Connections = std::list<std::pair<std::string, std::function<void()>>>;

  class Entry {
   public:
    Entry(std::shared_ptr<OpenConnections> all, std::string instance, std::function<void()> close)
        : all_(std::move(all)),
          place_(all_->connections_.emplace(all_->connections_.end(), std::move(instance),
                                            std::move(close))) {}
    ~Entry() { all_->connections_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::shared_ptr<OpenConnections> all_;  // outlives the server: coroutines do
    Connections::iterator place_;
  };

  std::size_t size() const { return connections_.size(); }
  std::size_t size(const std::string& instance) const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [&](const auto& each) { return each.first == instance; }));
  }
  // Closes the one that has been there longest, if there is one.
  void hang_up_oldest() const {
    if (connections_.empty()) return;
    const auto close = connections_.front().second;
    close();
  }
  // Closes the connections of an instance, or all.
  void hang_up(const std::string* instance) const {
    std::vector<std::function<void()>> closers;
    for (const auto& [owner, close] : connections_) {
      if (instance == nullptr || owner == *instance) closers.push_back(close);
    }
    for (const auto& close : closers) close();
  }

 private:
  Connections connections_;
};

struct HttpContext {
  boost::asio::io_context& io;
  Dispatcher& dispatcher;
  MemoryBudget& memory;
  HttpOptions options;
  HttpPages pages;
  std::function<void(Session& session)> on_closed;
  std::shared_ptr<OpenConnections> open = std::make_shared<OpenConnections>();
  std::shared_ptr<OpenConnections> metrics = std::make_shared<OpenConnections>();  // over TCP
};

// Speaks WebSocket until the peer is gone; the request is the upgrade.
boost::asio::awaitable<void> serve_websocket(HttpContext& context, HttpSocket socket,
                                             HttpRequest request, std::string instance);

}  // namespace yardmaster
