#include "loadgen/run/http_endpoint.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::size_t largest_request = 8192;
constexpr timeval client_timeout{.tv_sec = 2, .tv_usec = 0};

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  bool loopback = false;
};

[[noreturn]] void refuse_address(const std::string& flag, const std::string& why) {
  throw Error(ErrorCode::usage, flag + ": " + why);
}

template <typename T>
T& as(sockaddr_storage& storage) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets interface wants it
  return reinterpret_cast<T&>(storage);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return port;
}

Address parse_address(const std::string& flag, const std::string& text) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_port(text.substr(colon + 1));
  if (!port)
    refuse_address(flag, "'" + text + "' is not an address and a port, such as 127.0.0.1:9101");
  std::string host = text.substr(0, colon);
  Address address;
  auto& four = as<sockaddr_in>(address.storage);
  if (host == "localhost") host = "127.0.0.1";
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(*port);
    address.length = sizeof four;
    address.loopback = (ntohl(four.sin_addr.s_addr) >> 24U) == 127;
    return address;
  }
  auto& six = as<sockaddr_in6>(address.storage);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!in_brackets ||
      ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six.sin6_addr) != 1) {
    refuse_address(flag, "'" + host + "' is not an IP address");
  }
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(*port);
  address.length = sizeof six;
  address.loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
  return address;
}

UniqueFd listen_on(const std::string& flag, const std::string& text, bool remote) {
  Address address = parse_address(flag, text);
  if (!address.loopback && !remote) {
    const bool has_way = flag == "--metrics-listen";
    refuse_address(flag, "'" + text + "' can be reached by others" +
                             (has_way ? ": add --metrics-remote if that is meant" : ""));
  }
  UniqueFd listener(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (!listener || ::bind(listener.get(), &as<sockaddr>(address.storage), address.length) != 0 ||
      ::listen(listener.get(), 16) != 0) {
    refuse_address(flag,
                   "cannot listen on '" + text + "': " + std::generic_category().message(errno));
  }
  return listener;
}

std::string response(std::string_view status, std::string_view type, const std::string& body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  text.append("\r\nConnection: close\r\n\r\n").append(body);
  return text;
}

void send_all(int client, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

HttpEndpoint::HttpEndpoint(const std::string& flag, const std::string& address, bool remote,
                           ServedPages pages)
    : pages_(std::move(pages)),
      listener_(listen_on(flag, address, remote)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

HttpEndpoint::~HttpEndpoint() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

int HttpEndpoint::port() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(listener_.get(), &as<sockaddr>(storage), &length);
  return ntohs(storage.ss_family == AF_INET ? as<sockaddr_in>(storage).sin_port
                                            : as<sockaddr_in6>(storage).sin6_port);
}

void HttpEndpoint::run() const {
  while (true) {
    std::array<pollfd, 2> events{pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
    if (events[0].revents != 0) return;
    if (events[1].revents == 0) continue;
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) answer(client.get());
  }
}

void HttpEndpoint::answer(int client) const {
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &client_timeout, sizeof client_timeout);
  ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &client_timeout, sizeof client_timeout);
  std::string request;
  std::array<char, 2048> buffer{};
  while (request.find("\r\n\r\n") == std::string::npos && request.size() < largest_request) {
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    request.append(buffer.data(), static_cast<std::size_t>(got));
  }
  send_all(client, answer_to(request));
  answered_.fetch_add(1);
}

std::string HttpEndpoint::answer_to(std::string_view request) const {
  const std::string_view path = request.substr(0, request.find(" HTTP/"));
  for (const auto& [name, page] : pages_) {
    if (path == "GET " + name) return response("200 OK", page.type, page.text());
  }
  std::string known = "there is";
  for (const auto& each : pages_) known += " " + each.first;
  return response("404 Not Found", "text/plain", known + "\n");
}

}  // namespace yardmaster::loadgen
