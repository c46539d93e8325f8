#include "loadgen/run/pushgateway.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <netdb.h>
#include <sys/socket.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "metrics/registry.h"

namespace yardmaster::loadgen {
namespace {

constexpr timeval longest_wait{.tv_sec = 3, .tv_usec = 0};
constexpr std::string_view scheme = "http://";
constexpr std::string_view job = "/metrics/job/loadgen";

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::unavailable, "cannot push the metrics: " + why);
}

std::string reason() { return std::generic_category().message(errno); }

UniqueFd connect_to(const PushAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (failure != 0) refuse("'" + address.host + "': " + ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    UniqueFd socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_wait, sizeof longest_wait);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
    if (::connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0) return socket;
  }
  refuse(address.host + ":" + address.port + ": " + reason());
}

std::string answer_to(int socket, std::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) refuse(reason());
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer;
  std::array<char, 1024> buffer{};
  while (answer.find("\r\n") == std::string::npos && answer.size() < buffer.size()) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) refuse(got == 0 ? "it hung up without an answer" : reason());
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return answer.substr(0, answer.find("\r\n"));
}

}  // namespace

PushAddress push_address(const std::string& url) {
  const auto fail = [&] {
    throw Error(ErrorCode::usage,
                "--pushgateway: '" + url + "' is not such as http://127.0.0.1:9091");
  };
  if (!url.starts_with(scheme)) fail();
  const std::string rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  PushAddress address{.host = rest.substr(0, slash), .port = "80", .path = rest.substr(slash)};
  while (address.path.ends_with('/')) address.path.pop_back();
  address.path += job;
  const std::size_t colon = address.host.rfind(':');
  if (colon != std::string::npos && !address.host.ends_with(']')) {
    address.port = address.host.substr(colon + 1);
    address.host.resize(colon);
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  const bool is_number = address.port.find_first_not_of("0123456789") == std::string::npos;
  const bool is_clean = url.find_first_of(" \r\n\t@") == std::string::npos;
  if (address.host.empty() || address.port.empty() || !is_number || !is_clean) fail();
  return address;
}

void push_metrics(const std::string& url, const std::string& exposition) {
  const PushAddress address = push_address(url);
  const UniqueFd socket = connect_to(address);
  const std::string status = answer_to(
      socket.get(), "PUT " + address.path + " HTTP/1.1\r\nHost: " + address.host + ":" +
                        address.port + "\r\nContent-Type: " + metrics::exposition_content_type +
                        "\r\nContent-Length: " + std::to_string(exposition.size()) +
                        "\r\nConnection: close\r\n\r\n" + exposition);
  const std::size_t space = status.find(' ');
  if (space == std::string::npos || status[space + 1] != '2') refuse("it answers '" + status + "'");
}

}  // namespace yardmaster::loadgen
