// Who may ask over HTTP. What does not come from the yard's owner on a Unix socket is guarded: it
// bears an access token, names a host that is ours (a page of another name that resolves to this
// machine is not), and comes from no web page but ours. A proxy on the owner's own socket says that
// it is one by a header, which can only take rights away. Private to the HTTP server's sources.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/broker/access/browser_sessions.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/sessions/http_connection.h"

namespace yardmaster {

bool is_guarded(Way way, const HttpRequest& request);

// What a guarded request is refused with before its body is read, whoever asks: 421 for its host,
// 403 for its origin.
std::optional<HttpReply> refusal_of_place(const HttpRequest& request, const HttpOptions& options);
// Of one that is not guarded: an origin that is not allowed.
bool is_allowed_origin(const HttpRequest& request, const HttpOptions& options);

// What the token that stands in the request grants.
std::optional<Access> access_by_token(const HttpRequest& request, const HttpOptions& options);
HttpReply refusal_without_token(const HttpRequest& request);

// What our page's cookie and key grant.
std::optional<Access> access_of_page(const HttpRequest& request, const BrowserSessions& browsers);
// The value of our page's cookie; empty when there is none.
std::string page_cookie(const HttpRequest& request);
// Cookies are told to all ports of a host: each port's has a name of its own.
std::string page_cookie_name(const HttpRequest& request);

// The subprotocol of our page's WebSocket. Beside it the page offers its key.
inline constexpr std::string_view page_protocol = "yardmaster";
bool offers_page_protocol(const HttpRequest& request);

}  // namespace yardmaster
