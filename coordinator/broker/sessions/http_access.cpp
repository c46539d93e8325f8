#include "coordinator/broker/sessions/http_access.h"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/core/string.hpp>

#include "coordinator/broker/sessions/http_replies.h"

namespace yardmaster {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view key_prefix = "key.";

bool same_word(std::string_view one, std::string_view other) {
  return beast::iequals(beast::string_view(one.data(), one.size()),
                        beast::string_view(other.data(), other.size()));
}

std::string_view text_of(const HttpRequest& request, http::field field) {
  const auto value = request[field];
  return {value.data(), value.size()};
}

// "localhost:8090" → "localhost", "8090"; "[::1]" → "[::1]", "".
struct HostAndPort {
  explicit HostAndPort(std::string_view text) {
    const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
    const std::size_t colon = text.find(':', std::min(bracket, text.size()));
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }

  std::string_view host;
  std::string_view port;
};

// The authority is said in headers of replies, too: nothing else may stand in it.
bool is_our_host(std::string_view authority, const HttpOptions& options) {
  const auto [host, port] = HostAndPort(authority);
  const bool is_port =
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_port) return false;
  if (same_word(host, "localhost") || host == "[::1]") return true;
  boost::system::error_code failure;  // an address cannot be made to mean another
  const auto address = boost::asio::ip::make_address_v4(std::string(host), failure);
  if (!failure && address.is_loopback()) return true;
  return std::any_of(options.allowed_hosts.begin(), options.allowed_hosts.end(),
                     [&](const std::string& allowed) { return same_word(host, allowed); });
}

bool is_same_origin(std::string_view origin, std::string_view authority) {
  return same_word(origin, "http://" + std::string(authority)) ||
         same_word(origin, "https://" + std::string(authority));
}

bool is_listed(std::string_view origin, const HttpOptions& options) {
  const auto& allowed = options.allowed_origins;
  return std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
}

// The words of a list that commas, or other marks, separate.
std::vector<std::string_view> words_of(std::string_view list, char mark) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(mark), list.size());
    std::string_view word = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::size_t begin = std::min(word.find_first_not_of(" \t"), word.size());
    word.remove_prefix(begin);
    word = word.substr(0, word.find_last_not_of(" \t") + 1);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::vector<std::string_view> offered_protocols(const HttpRequest& request) {
  std::vector<std::string_view> all;
  const auto range = request.equal_range(http::field::sec_websocket_protocol);
  for (auto field = range.first; field != range.second; ++field) {
    const std::string_view list(field->value().data(), field->value().size());
    for (const std::string_view word : words_of(list, ',')) all.push_back(word);
  }
  return all;
}

}  // namespace

bool is_guarded(Way way, const HttpRequest& request) {
  if (way == Way::group || way == Way::port) return true;
  constexpr std::array proxies{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP",
                               "Via"};
  return std::any_of(proxies.begin(), proxies.end(), [&](const char* name) {
    return way == Way::owner && request.find(name) != request.end();
  });
}

std::optional<HttpReply> refusal_of_place(const HttpRequest& request, const HttpOptions& options) {
  const std::string_view authority = text_of(request, http::field::host);
  if (!is_our_host(authority, options)) {
    return refusal(request, http::status::misdirected_request,
                   Error(ErrorCode::forbidden,
                         "this yard is not called by this name; the setting allowed_hosts says by "
                         "which others than localhost it is"));
  }
  const bool has_origin = request.find(http::field::origin) != request.end();
  const std::string_view origin = text_of(request, http::field::origin);
  const bool is_ours = request.count(http::field::origin) == 1 &&
                       (is_same_origin(origin, authority) || is_listed(origin, options));
  if (!has_origin || is_ours) return std::nullopt;
  return refusal(request, http::status::forbidden,
                 Error(ErrorCode::forbidden, "this origin is not allowed"));
}

// Programs send no Origin; web pages cannot help it.
bool is_allowed_origin(const HttpRequest& request, const HttpOptions& options) {
  if (request.find(http::field::origin) == request.end()) return true;
  return is_listed(text_of(request, http::field::origin), options);
}

std::optional<Access> access_by_token(const HttpRequest& request, const HttpOptions& options) {
  constexpr std::string_view scheme = "Bearer ";
  if (request.count(http::field::authorization) != 1) return std::nullopt;
  const std::string_view value = text_of(request, http::field::authorization);
  if (!same_word(value.substr(0, scheme.size()), scheme)) return std::nullopt;
  return options.find_token(value.substr(scheme.size()));
}

HttpReply refusal_without_token(const HttpRequest& request) {
  HttpReply reply =
      refusal(request, http::status::unauthorized,
              Error(ErrorCode::forbidden,
                    "this takes an access token (Authorization: Bearer …) that counts; 'yardmaster "
                    "token create' makes one"));
  reply.set(http::field::www_authenticate, "Bearer realm=\"yardmaster\"");
  return reply;
}

std::string page_cookie_name(const HttpRequest& request) {
  std::string name = "yardmaster_";
  for (const char c : HostAndPort(text_of(request, http::field::host)).port) {
    if (c >= '0' && c <= '9') name.push_back(c);
  }
  return name;
}

std::string page_cookie(const HttpRequest& request) {
  const std::string beginning = page_cookie_name(request) + "=";
  for (const std::string_view cookie : words_of(text_of(request, http::field::cookie), ';')) {
    if (cookie.starts_with(beginning)) return std::string(cookie.substr(beginning.size()));
  }
  return {};
}

std::optional<Access> access_of_page(const HttpRequest& request, const BrowserSessions& browsers) {
  // Whoever has no Origin is no page.
  if (request.find(http::field::origin) == request.end()) return std::nullopt;
  for (const std::string_view word : offered_protocols(request)) {
    if (!word.starts_with(key_prefix)) continue;
    return browsers.find(page_cookie(request), word.substr(key_prefix.size()),
                         std::chrono::steady_clock::now());
  }
  return std::nullopt;
}

bool offers_page_protocol(const HttpRequest& request) {
  const auto offered = offered_protocols(request);
  return std::find(offered.begin(), offered.end(), page_protocol) != offered.end();
}

}  // namespace yardmaster
