// The configuration of an nginx before a yard's sockets. Pure, any thread.
#pragma once

#include <string>

#include "coordinator/base/config.h"

namespace yardmaster::cli {

inline constexpr unsigned default_proxy_port = 8090;

// What goes into nginx's http block: 127.0.0.1:PORT with /broker/, /instance/NAME/ and /metrics;
// instances that come later need no reload. Throws Error{usage} when the runtime directory's path
// has characters that mean something to nginx.
std::string nginx_config(const Config& config, unsigned port);

}  // namespace yardmaster::cli
