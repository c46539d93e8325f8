// What HTTP requests are refused with, by the letter of RFC 9110 and 9112. Private to the HTTP
// server's sources; no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http.hpp>

#include "coordinator/base/error.h"
#include "coordinator/broker/sessions/http_connection.h"

namespace yardmaster {

using HttpParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

inline constexpr std::string_view json_type = "application/json";

HttpReply reply_with(const HttpRequest& request, boost::beast::http::status status,
                     std::string_view type, std::string body);
HttpReply refusal(const HttpRequest& request, boost::beast::http::status status,
                  const Error& error);

// Of a request whose head has been read: without a Host or with several, with a length that nobody
// can know, with an expectation that is none.
std::optional<HttpReply> refusal_of_head(const HttpRequest& request, bool chunked);
// Of one that could not be read.
HttpReply refusal_of_failure(const HttpRequest& request, const boost::system::error_code& failure);
HttpReply refusal_of_method(const HttpRequest& request, std::string_view allowed);
HttpReply refusal_without_upgrade(const HttpRequest& request);

// Whether the client waits to be told before it sends the body.
bool awaits_continue(const HttpRequest& request);
// Without what follows a question mark; of an absolute target, what follows the authority.
std::string_view path_of(const HttpRequest& request);

}  // namespace yardmaster
