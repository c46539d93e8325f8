// A line session as a test sees it: requests and replies as JSON, events kept aside in the order in
// which they came. `stream()` gives the bytes beneath.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/support/unix_stream.h"

namespace yardmaster::support {

class LineClient {
 public:
  explicit LineClient(const std::filesystem::path& socket) : stream_(socket) {}

  // Sends a request and waits for the reply with its id; the whole reply.
  nlohmann::json request(std::string_view command,
                         const nlohmann::json& arguments = nlohmann::json::object());
  // The reply's data; throws std::runtime_error with the reply when it is an error.
  nlohmann::json call(std::string_view command,
                      const nlohmann::json& arguments = nlohmann::json::object());
  // The reply's error code, or "success".
  std::string code_of(std::string_view command,
                      const nlohmann::json& arguments = nlohmann::json::object());
  // The next event of that name; events of other names that come before it are dropped.
  nlohmann::json event(std::string_view name, Deadline deadline = Deadline());
  // The next line, whatever it is.
  nlohmann::json next_frame(Deadline deadline = Deadline());

  UnixStream& stream() { return stream_; }

 private:
  UnixStream stream_;
  std::deque<nlohmann::json> events_;
  std::uint64_t last_id_ = 0;
};

}  // namespace yardmaster::support
