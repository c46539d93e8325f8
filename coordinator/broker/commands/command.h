// A command is one row of the command table: its name, its arguments and its handler. Broker thread
// only.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "coordinator/broker/commands/arguments.h"
#include "coordinator/broker/commands/authority.h"
#include "coordinator/broker/commands/request.h"

namespace yardmaster {

// Gives the reply's data as JSON text; throws an Error for a reply that says no. The request stays
// until it is done.
using Handler = std::function<boost::asio::awaitable<std::string>(const Request& request)>;

struct Command {
  std::string_view name;
  std::span<const ArgumentSpec> arguments;
  // None for append_context, which the dispatcher hands to the store without a coroutine.
  Handler handler;
  // In bytes, where a reply may be long: a session gets only so many of these at a time.
  std::size_t longest_reply = 0;
  Right right = Right::owner;   // that it takes on an instance's socket
  Scope scope = Scope::manage;  // that an access token has to have
};

}  // namespace yardmaster
