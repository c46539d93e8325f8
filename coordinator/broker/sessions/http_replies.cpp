#include "coordinator/broker/sessions/http_replies.h"

#include <utility>

#include <boost/beast/core/string.hpp>

#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {

namespace beast = boost::beast;
namespace http = boost::beast::http;

HttpReply reply_with(const HttpRequest& request, http::status status, std::string_view type,
                     std::string body) {
  HttpReply reply(status, request.version());
  reply.set(http::field::content_type, beast::string_view(type.data(), type.size()));
  reply.set(http::field::cache_control, "no-store");
  reply.keep_alive(request.keep_alive());
  reply.body() = std::move(body);
  reply.prepare_payload();
  return reply;
}

HttpReply refusal(const HttpRequest& request, http::status status, const Error& error) {
  std::string body;
  append_failure(body, {}, error);
  return reply_with(request, status, json_type, std::move(body));
}

std::optional<HttpReply> refusal_of_head(const HttpRequest& request, bool chunked) {
  std::string why;
  http::status status = http::status::bad_request;
  const std::size_t hosts = request.count(http::field::host);
  const bool is_old = request.version() < 11;
  if (hosts > 1 || (hosts == 0 && !is_old)) {
    why = "a request has one Host";
  } else if (request.count(http::field::transfer_encoding) > 0 && (!chunked || is_old)) {
    why = "of transfer encodings there is chunked, and in HTTP/1.1 only";
    status = is_old ? http::status::bad_request : http::status::not_implemented;
  } else if (request.count(http::field::expect) > 0 && !is_old && !awaits_continue(request)) {
    why = "of expectations there is 100-continue";
    status = http::status::expectation_failed;
  }
  if (why.empty()) return std::nullopt;
  HttpReply reply = refusal(request, status, Error(ErrorCode::invalid_request, why));
  reply.keep_alive(false);
  return reply;
}

HttpReply refusal_of_failure(const HttpRequest& request, const boost::system::error_code& failure) {
  http::status status = http::status::bad_request;
  Error error(ErrorCode::invalid_request, "this is neither a JSON object nor HTTP");
  if (failure == http::error::body_limit) {
    status = http::status::payload_too_large;
    error = Error(ErrorCode::frame_too_large, "the body is too long");
  } else if (failure == http::error::header_limit) {
    status = http::status::request_header_fields_too_large;
    error = Error(ErrorCode::frame_too_large, "the header is too long");
  }
  HttpReply reply = refusal(request, status, error);
  reply.keep_alive(false);
  return reply;
}

HttpReply refusal_of_method(const HttpRequest& request, std::string_view allowed) {
  const Error error(ErrorCode::invalid_request, "this is asked for with " + std::string(allowed));
  HttpReply reply = refusal(request, http::status::method_not_allowed, error);
  reply.set(http::field::allow, beast::string_view(allowed.data(), allowed.size()));
  return reply;
}

HttpReply refusal_without_upgrade(const HttpRequest& request) {
  const Error error(ErrorCode::invalid_request, "this takes an upgrade to a WebSocket");
  HttpReply reply = refusal(request, http::status::upgrade_required, error);
  reply.set(http::field::upgrade, "websocket");
  reply.set(http::field::connection, request.keep_alive() ? "Upgrade" : "Upgrade, close");
  return reply;
}

bool awaits_continue(const HttpRequest& request) {
  return request.version() >= 11 && beast::iequals(request[http::field::expect], "100-continue");
}

std::string_view path_of(const HttpRequest& request) {
  std::string_view target(request.target().data(), request.target().size());
  constexpr std::string_view scheme = "http://";
  if (beast::iequals(beast::string_view(target.data(), std::min(target.size(), scheme.size())),
                     beast::string_view(scheme.data(), scheme.size()))) {
    const std::size_t path = target.find('/', scheme.size());
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

}  // namespace yardmaster
