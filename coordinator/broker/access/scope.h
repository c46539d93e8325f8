// What an access token lets its bearer do, and as what a session asks. Each scope includes those
// before it. Values, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yardmaster {

enum class Scope {
  read,   // lists, contexts, events: what changes nothing
  talk,   // messages, as the person at the terminal (person_name)
  manage  // all that the socket's owner may
};

std::string_view to_string(Scope scope);
std::optional<Scope> scope_from(std::string_view word);

// Whoever comes through the yard's sockets as its owner bears no token and may everything.
struct Access {
  Scope scope = Scope::manage;
  std::string bearer = {};  // which token, by its hash
};

// The ways on which a caller comes.
enum class Way {
  owner,   // a Unix socket, as the daemon's own user or root
  group,   // a Unix socket, as a member of the sockets' group
  port,    // TCP, by the setting `listen`
  metrics  // TCP, by the setting `metrics_listen`
};

}  // namespace yardmaster
