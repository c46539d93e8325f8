// One HTTP connection, and what it shares with its WebSocket. Private to the HTTP server's sources:
// Beast is slow to compile and stays within them. Broker thread only.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>

#include "coordinator/broker/dispatcher.h"
#include "coordinator/broker/http_server.h"
#include "coordinator/broker/session.h"

namespace yardmaster {

using HttpSocket = boost::asio::generic::stream_protocol::socket;
using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpReply = boost::beast::http::response<boost::beast::http::string_body>;

struct HttpContext {
  boost::asio::io_context& io;
  Dispatcher& dispatcher;
  HttpOptions options;
  HttpPages pages;
  std::function<void(Session& session)> on_closed;
  // Connections, and how to end each.
  std::unordered_map<const void*, std::pair<std::string, std::function<void()>>> open = {};
};

// Speaks WebSocket until the peer is gone; the request is the upgrade.
boost::asio::awaitable<void> serve_websocket(HttpContext& context, HttpSocket socket,
                                             HttpRequest request, std::string instance);

}  // namespace yardmaster
