#include "coordinator/broker/sessions/tcp_endpoint.h"

#include <charconv>

#include "coordinator/base/error.h"

namespace yardmaster {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::ip::tcp::endpoint parse_endpoint(std::string_view setting, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  boost::system::error_code failure;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const auto ip = asio::ip::make_address(host, failure);
  unsigned short port = 0;
  const char* const end = address.data() + address.size();
  bool has_port = colon != std::string::npos;
  if (has_port) {
    const auto [parsed, problem] = std::from_chars(address.data() + colon + 1, end, port);
    has_port = parsed == end && problem == std::errc();
  }
  if (!failure && has_port && colon + 1 < address.size()) return {ip, port};
  throw Error(ErrorCode::usage, std::string(setting) + ": '" + address +
                                    "' is not ADDRESS:PORT, e.g. 127.0.0.1:9464");
}

}  // namespace yardmaster
