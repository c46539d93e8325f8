// A blocking connection to the daemon over a line session: for the command line and for tests. One
// thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {

class Client {
 public:
  using Timeout = std::chrono::nanoseconds;

  // Throws Error{unavailable} that names the socket when nobody listens there.
  explicit Client(const std::filesystem::path& socket, Timeout timeout = std::chrono::seconds(5));

  // Sends a request and waits for its reply; gives its data. Throws the reply's Error with its
  // code, timed_out, or unavailable when the daemon hangs up. Events that come first are kept.
  nlohmann::json call(std::string_view command,
                      const nlohmann::json& arguments = nlohmann::json::object(),
                      Timeout timeout = std::chrono::seconds(30));

  // Asks for a list, page by page, until it is there whole or has `most` items; gives the items,
  // which each reply has under `key`.
  nlohmann::json list(std::string_view command, const char* key,
                      nlohmann::json arguments = nlohmann::json::object(),
                      Timeout timeout = std::chrono::seconds(30),
                      std::size_t most = std::numeric_limits<std::size_t>::max());

  // The next event, as {"event":…,"data":…}; nullopt when the time is over.
  std::optional<nlohmann::json> next_event(Timeout timeout);

  // Sends bytes for purposes that call() does not serve: several requests in flight, half frames,
  // nonsense.
  void send(std::string_view bytes);
  void send_line(std::string_view line);
  // nullopt when the time is over; throws unavailable when the daemon has hung up.
  std::optional<std::string> receive_line(Timeout timeout);
  // No more requests will come; replies still do.
  void finish_sending();
  int native_handle() const { return socket_.get(); }
  // The process that listens at the other end; 0 when that cannot be told from here.
  pid_t listener_pid() const;

 private:
  std::optional<std::string> receive_until(SteadyTime deadline);
  nlohmann::json await_reply(std::uint64_t id, SteadyTime deadline);

  std::filesystem::path path_;
  UniqueFd socket_;
  std::string received_;
  std::size_t searched_ = 0;  // bytes of received_ known to hold no newline
  std::deque<nlohmann::json> events_;
  std::uint64_t last_id_ = 0;
};

}  // namespace yardmaster
