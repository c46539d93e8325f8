// An address to listen on, as people write it. Any thread.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

namespace yardmaster {

// ADDRESS:PORT; throws Error{usage} that names the setting.
boost::asio::ip::tcp::endpoint parse_endpoint(std::string_view setting, const std::string& address);

}  // namespace yardmaster
