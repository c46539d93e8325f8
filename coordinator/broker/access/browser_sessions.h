// Browsers that show the yard's page: an invitation, which stands in a URL and is good for once,
// becomes a cookie and a key. Both are needed: a browser shows cookies to every port of a host, and
// so to others' servers on this machine, but keeps the key to the page's own origin. Nothing is
// written down: all ends with the daemon. Broker thread only.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/clock.h"
#include "coordinator/broker/access/scope.h"

namespace yardmaster {

class BrowserSessions {
 public:
  // Gives a new invitation; it is good for ten minutes.
  std::string invite(SteadyTime now);

  struct Keys {
    std::string cookie;
    std::string key;
  };
  // nullopt when it is no invitation, or was used, or is too old.
  std::optional<Keys> accept(std::string_view invitation, SteadyTime now);

  // Whether the cookie is of a session; it may see the page, which holds nothing of the yard.
  bool knows(std::string_view cookie, SteadyTime now) const;
  // What both grant: talk, for twelve hours.
  std::optional<Access> find(std::string_view cookie, std::string_view key, SteadyTime now) const;

 private:
  struct Invitation {
    std::string hash;
    SteadyTime made;
  };
  struct Visit {
    std::string cookie_hash;
    std::string key_hash;
    SteadyTime began;
  };

  std::deque<Invitation> invitations_;  // the oldest first
  std::deque<Visit> visits_;
};

}  // namespace yardmaster
