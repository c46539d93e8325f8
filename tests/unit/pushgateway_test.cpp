// What a Pushgateway gets, and what a wrong address gets.
#include "loadgen/run/pushgateway.h"

#include <array>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Takes one request, and answers it with a line.
class Gateway {
 public:
  explicit Gateway(std::string answer)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), any, length), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), any, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Gateway() {
    if (thread_.joinable()) thread_.join();
  }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  void serve() {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 4096> buffer{};
    while (request_.find("the end\n") == std::string::npos) {
      const ssize_t got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      request_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  UniqueFd listener_;
  std::string answer_;
  std::string request_;
  int port_ = 0;
  std::thread thread_;
};

TEST(PushgatewayTest, gets_the_metrics_under_the_job) {
  Gateway gateway("HTTP/1.1 200 OK\r\n\r\n");
  push_metrics(gateway.url() + "/below/", "a_total 1\n# the end\n");
  const std::string request = gateway.request();
  EXPECT_THAT(request, StartsWith("PUT /below/metrics/job/loadgen HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 20\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\n\r\na_total 1\n"));
}

TEST(PushgatewayTest, its_refusal_is_told) {
  Gateway gateway("HTTP/1.1 400 Bad Request\r\n\r\n");
  try {
    push_metrics(gateway.url(), "# the end\n");
    FAIL() << "it was refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("it answers 'HTTP/1.1 400 Bad Request'"));
  }
}

TEST(PushgatewayTest, what_is_no_such_address_is_refused) {
  for (const char* url :
       {"", "127.0.0.1:9091", "https://127.0.0.1", "http://", "http://:9091", "http://host:port",
        "http://a b", "http://user:word@host", "http://host\r\nX: y"}) {
    EXPECT_THROW(push_address(url), Error) << url;
  }
  EXPECT_EQ(push_address("http://[::1]:9091").host, "::1");
  EXPECT_EQ(push_address("http://[::1]").port, "80");
}

}  // namespace
}  // namespace yardmaster::loadgen
