#include "coordinator/broker/sessions/http_page.h"

#include <string>

#include "coordinator/broker/sessions/http_access.h"
#include "coordinator/broker/sessions/http_replies.h"
#include "embedded/yard.css.h"
#include "embedded/yard.html.h"
#include "embedded/yard.js.h"

namespace yardmaster {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view html_type = "text/html; charset=utf-8";
constexpr std::string_view invitation_beginning = "/ui?invitation=";
constexpr std::string_view how_to_get_in =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>yardmaster</title>"
    "<p>This page opens by a link that is good for one browser and ten minutes. "
    "<code>yardmaster ui</code> gives one.";

// Nothing but what stands in our files is run or loaded, and no other page frames this one. The
// host was looked at before. Not every browser takes 'self' for WebSockets, too.
void set_policy(HttpReply& reply, const HttpRequest& request) {
  const std::string host(request[http::field::host]);
  reply.set("Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src "
            "'self' ws://" +
                host + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  reply.set("X-Content-Type-Options", "nosniff");
  reply.set("X-Frame-Options", "DENY");
  reply.set("Referrer-Policy", "no-referrer");
  reply.set("Cross-Origin-Opener-Policy", "same-origin");
  reply.set("Cross-Origin-Resource-Policy", "same-origin");
}

HttpReply page_file(const HttpRequest& request, std::string_view type, std::string_view text) {
  HttpReply reply = reply_with(request, http::status::ok, type, std::string(text));
  set_policy(reply, request);
  return reply;
}

HttpReply told_how(const HttpRequest& request, http::status status) {
  HttpReply reply = reply_with(request, status, html_type, std::string(how_to_get_in));
  set_policy(reply, request);
  return reply;
}

HttpReply let_in(const HttpRequest& request, BrowserSessions& browsers,
                 std::string_view invitation) {
  const auto keys = browsers.accept(invitation, std::chrono::steady_clock::now());
  if (!keys) return told_how(request, http::status::unauthorized);
  HttpReply reply = reply_with(request, http::status::see_other, html_type, "");
  reply.set(http::field::location, "/ui#" + keys->key);
  reply.set(http::field::set_cookie, page_cookie_name(request) + "=" + keys->cookie +
                                         "; Path=/ui; HttpOnly; SameSite=Strict");
  set_policy(reply, request);
  return reply;
}

}  // namespace

bool is_page_path(std::string_view path) { return path == "/ui" || path.starts_with("/ui/"); }

HttpReply page_reply(const HttpRequest& request, BrowserSessions& browsers) {
  const bool gets = request.method() == http::verb::get || request.method() == http::verb::head;
  if (!gets) return refusal_of_method(request, "GET, HEAD");
  const std::string_view path = path_of(request);
  const std::string_view target(request.target().data(), request.target().size());
  // To look at a link ahead of its reader, as some programs do, does not use it up.
  if (target.starts_with(invitation_beginning) && request.method() == http::verb::get) {
    return let_in(request, browsers, target.substr(invitation_beginning.size()));
  }
  if (!browsers.knows(page_cookie(request), std::chrono::steady_clock::now())) {
    return told_how(request, http::status::unauthorized);
  }
  if (path == "/ui") return page_file(request, html_type, embedded::yard_html);
  if (path == "/ui/yard.css") {
    return page_file(request, "text/css; charset=utf-8", embedded::yard_css);
  }
  if (path == "/ui/yard.js") {
    return page_file(request, "text/javascript; charset=utf-8", embedded::yard_js);
  }
  if (path == page_socket) return refusal_without_upgrade(request);
  return told_how(request, http::status::not_found);
}

}  // namespace yardmaster
