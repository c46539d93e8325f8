// One instance under load: it keeps a window of requests outstanding on a connection of its own,
// remembers what was acknowledged, and after a crash sends again what was not, under the same
// numbers and keys. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {

class AcknowledgedWriter {
 public:
  // Allocates the instance. `peer` gets its messages.
  AcknowledgedWriter(const DaemonProcess& daemon, std::string name, std::string peer,
                     std::string durability);

  const std::string& name() const { return name_; }
  const std::string& peer() const { return peer_; }

  // A new connection on which everything unacknowledged is sent again.
  void connect(const DaemonProcess& daemon);
  int fd() const { return stream_->fd(); }
  // Fills the window; what is sent is drawn from `random`. A connection that is gone is no error.
  void send_more(std::mt19937_64& random);
  // Takes the replies that have come, at least one; the number of acknowledgements, or nothing when
  // the connection is gone.
  std::optional<std::size_t> take_replies();
  // Waits until nothing is outstanding.
  void finish();
  bool idle() const { return outstanding_.empty(); }

  std::uint64_t acknowledged_seq() const { return acknowledged_seq_; }
  std::uint64_t sent_seq() const { return sent_seq_; }
  // Returns what entry `seq` of this writer's context holds.
  std::string data_of(std::uint64_t seq) const;
  // Bodies of messages to the peer, and of broadcasts, in the order of sending.
  const std::vector<std::string>& sent_messages() const { return sent_messages_; }
  const std::vector<std::string>& sent_broadcasts() const { return sent_broadcasts_; }
  bool is_acknowledged(const std::string& body) const {
    return acknowledged_bodies_.contains(body);
  }

 private:
  struct Request {
    std::uint64_t id = 0;
    std::uint64_t seq = 0;  // an entry's; 0 for a message
    std::string body;       // a message's
    std::string line;
  };

  void push(nlohmann::json command, std::uint64_t seq, std::string body);
  void push_entry();
  void push_message(bool to_all);
  void acknowledge(const nlohmann::json& reply);

  std::string name_;
  std::string peer_;
  std::string durability_;
  std::optional<UnixStream> stream_;
  std::string received_;
  std::deque<Request> outstanding_;
  std::uint64_t last_id_ = 0;
  std::uint64_t sent_seq_ = 0;
  std::uint64_t acknowledged_seq_ = 0;
  std::vector<std::string> sent_messages_;
  std::vector<std::string> sent_broadcasts_;
  std::set<std::string> acknowledged_bodies_;
};

}  // namespace yardmaster::support
