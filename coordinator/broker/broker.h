// The sockets of the daemon: listens on the broker's and the instances', and keeps the sessions
// that come through them. Broker thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "coordinator/broker/commands/dispatcher.h"
#include "coordinator/broker/event_hub.h"
#include "coordinator/broker/listeners/listener.h"
#include "coordinator/broker/sessions/http_server.h"
#include "coordinator/broker/sessions/line_session.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/broker/sessions/output_flusher.h"
#include "coordinator/broker/sessions/readiness.h"

namespace yardmaster {

struct BrokerOptions {
  AccessRule access;
  std::size_t max_connections = 0;
  // Connections have descriptors below it; what is above is left to the store, listeners and
  // watched processes.
  int descriptor_limit = 0;
  std::size_t max_output_bytes = 0;
};

struct BrokerCounts {
  std::uint64_t connections = 0;  // now
  std::uint64_t accepted = 0;     // since the start
  std::uint64_t refused = 0;
};

class Broker {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  Broker(boost::asio::io_context& io, Dispatcher& dispatcher, EventHub& events, HttpServer& http,
         MemoryBudget& memory, const BrokerOptions& options, OnWarning on_warning);

  // Hangs up on whoever is left.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Listens on a socket; `instance` is who its callers are, empty for the broker's own. Throws
  // Error{usage} or Error{conflict}; see Listener.
  void open(const std::filesystem::path& path, const std::string& instance);
  // Makes sockets again whose files somebody has removed or replaced; what is in the way is moved
  // aside. Tells of each.
  void restore_listeners();
  bool listens_for(const std::string& instance) const { return listeners_.contains(instance); }
  // Idempotent. Sessions that came through it live on until hang_up().
  void close(const std::string& instance);
  // Ends the sessions whose callers are this instance, after what is in flight was answered.
  void hang_up(const std::string& instance);

  // Counts a TCP connection, which has a quota elsewhere, or refuses it.
  bool admit(int socket);
  void stop_listening() { listeners_.clear(); }
  // Those of line sessions; hang_up_http() ends the others.
  std::vector<SessionPtr> line_sessions() const;
  void hang_up_http() { http_.hang_up_all(); }
  // Writes out what waits, e.g. after a batch of completions.
  void flush() { flusher_.flush(); }

  bool has_sessions() const { return counts().connections > 0; }
  BrokerCounts counts() const;

 private:
  std::unique_ptr<Listener> listen(const std::filesystem::path& path, const std::string& instance);
  void accept(UniqueFd socket, const std::string& instance, Way way);
  bool has_room(int socket, std::size_t most) const;
  bool make_room_in_reserve();
  std::size_t connections_of(const std::string& instance) const;
  void serve_http(UniqueFd socket, std::string instance, Way way, std::string received);
  void forget(Session& session);
  LineSessionContext session_context(std::size_t max_output_bytes);

  boost::asio::io_context& io_;
  Dispatcher& dispatcher_;
  EventHub& events_;
  HttpServer& http_;
  MemoryBudget& memory_;
  BrokerOptions options_;
  OnWarning on_warning_;
  Readiness readiness_;
  OutputFlusher flusher_;
  UniqueFd spare_;
  std::string read_buffer_;
  LineSessionContext session_context_;
  std::unordered_map<std::string, std::unique_ptr<Listener>> listeners_;  // by instance
  std::unordered_map<const Session*, boost::intrusive_ptr<LineSession>> sessions_;
  std::unordered_map<std::string, std::vector<Session*>> of_instance_;
  // Those that came through the yard's own socket when there was no more room, oldest first.
  std::vector<LineSession*> reserve_;
  BrokerCounts counts_;
};

}  // namespace yardmaster
