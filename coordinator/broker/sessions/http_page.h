// The yard's page over TCP, for people: three files that hold nothing of the yard, and the way in.
// What the page shows comes over its WebSocket, for which it needs its cookie and its key. Private
// to the HTTP server's sources.
#pragma once

#include <string_view>

#include "coordinator/broker/access/browser_sessions.h"
#include "coordinator/broker/sessions/http_connection.h"

namespace yardmaster {

inline constexpr std::string_view page_socket = "/ui/ws";

bool is_page_path(std::string_view path);

// An invitation becomes a cookie, and a key behind the '#', where it stays in the browser. Who has
// the cookie gets the files, everybody else is told how to get in.
HttpReply page_reply(const HttpRequest& request, BrowserSessions& browsers);

}  // namespace yardmaster
