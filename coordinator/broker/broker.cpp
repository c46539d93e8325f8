#include "coordinator/broker/broker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr std::size_t read_buffer_bytes = std::size_t{64} << 10U;
// Connections to the yard's own socket that are taken when there are as many as may be, so that its
// owner can look and stop it.
constexpr std::size_t reserved_connections = 16;
// Through the socket of one instance.
constexpr std::size_t most_instance_connections = 64;

void refuse_connection(const UniqueFd& socket) {
  std::string reply;
  append_failure(reply, {}, Error(ErrorCode::unavailable, "too many connections"));
  reply.push_back('\n');
  static_cast<void>(::send(socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL));
}

}  // namespace

Broker::Broker(boost::asio::io_context& io, Dispatcher& dispatcher, EventHub& events,
               HttpServer& http, MemoryBudget& memory, const BrokerOptions& options,
               OnWarning on_warning)
    : io_(io),
      dispatcher_(dispatcher),
      events_(events),
      http_(http),
      memory_(memory),
      options_(options),
      on_warning_(std::move(on_warning)),
      readiness_(io),
      flusher_(io),
      spare_(spare_descriptor()),
      read_buffer_(read_buffer_bytes, '\0'),
      session_context_(session_context(options.max_output_bytes)) {}

Broker::~Broker() {
  while (!sessions_.empty()) {
    const boost::intrusive_ptr<LineSession> session = sessions_.begin()->second;
    session->abort();
    sessions_.erase(session.get());  // one without a socket does not leave by itself
  }
}

LineSessionContext Broker::session_context(std::size_t max_output_bytes) {
  return {readiness_,
          dispatcher_,
          flusher_,
          read_buffer_,
          max_output_bytes,
          memory_,
          [this](UniqueFd socket, std::string instance, Way way, std::string received) {
            serve_http(std::move(socket), std::move(instance), way, std::move(received));
          },
          [this](Session& session) { forget(session); },
          [this](LineSession& session) {
            const boost::intrusive_ptr<LineSession> keep_alive(&session);
            boost::asio::post(io_, [keep_alive] { keep_alive->resume_if_possible(); });
          }};
}

void Broker::forget(Session& session) {
  events_.forget(session);
  if (!session.instance().empty()) {
    const auto theirs = of_instance_.find(session.instance());
    std::erase(theirs->second, &session);
    if (theirs->second.empty()) of_instance_.erase(theirs);
  }
  std::erase(reserve_, &session);
  sessions_.erase(&session);
}

void Broker::open(const std::filesystem::path& path, const std::string& instance) {
  listeners_[instance] = listen(path, instance);
}

std::unique_ptr<Listener> Broker::listen(const std::filesystem::path& path,
                                         const std::string& instance) {
  return std::make_unique<Listener>(
      io_, readiness_, path, options_.access,
      [this, instance](UniqueFd socket, Way way) { accept(std::move(socket), instance, way); },
      on_warning_, spare_);
}

void Broker::restore_listeners() {
  for (auto& [instance, listener] : listeners_) {
    if (listener->is_in_place()) continue;
    const std::filesystem::path path = listener->path();
    try {
      clear_the_way(path);
      listener = listen(path, instance);
      on_warning_(path.string() + " was removed or replaced: it is made again");
    } catch (const std::exception& error) {
      on_warning_(path.string() +
                  " was removed or replaced, and cannot be made again: " + error.what());
    }
  }
}

void Broker::close(const std::string& instance) { listeners_.erase(instance); }

// The system gives out the lowest free descriptor: one at the limit means that all below are used.
bool Broker::has_room(int socket, std::size_t most) const {
  return counts().connections < most && socket < options_.descriptor_limit;
}

bool Broker::admit(int socket) {
  const bool admitted = socket < options_.descriptor_limit;
  ++(admitted ? counts_.accepted : counts_.refused);
  return admitted;
}

// Whoever is in the reserve and asks for nothing makes room for the next.
bool Broker::make_room_in_reserve() {
  if (reserve_.size() < reserved_connections) return true;
  const auto idle = std::find_if(reserve_.begin(), reserve_.end(), [](const LineSession* session) {
    return session->in_flight() == 0;
  });
  if (idle == reserve_.end()) return false;
  (*idle)->abort();
  return true;
}

std::size_t Broker::connections_of(const std::string& instance) const {
  const auto found = of_instance_.find(instance);
  const std::size_t lines = found == of_instance_.end() ? 0 : found->second.size();
  return lines + http_.connections(instance);
}

void Broker::serve_http(UniqueFd socket, std::string instance, Way way, std::string received) {
  if (counts().connections >= options_.max_connections + reserved_connections) return;
  http_.serve(std::move(socket), std::move(instance), way, std::move(received));
}

void Broker::accept(UniqueFd socket, const std::string& instance, Way way) {
  // Who is no more than a member of the group leaves half of each for the agents.
  const std::size_t share = way == Way::group ? 2 : 1;
  const bool room = has_room(socket.get(), options_.max_connections / share);
  const bool in_reserve = !room && instance.empty() && way == Way::owner;
  const bool admitted = in_reserve
                            ? make_room_in_reserve()
                            : room && (instance.empty() || connections_of(instance) <
                                                               most_instance_connections / share);
  ++(admitted ? counts_.accepted : counts_.refused);
  if (!admitted) return refuse_connection(socket);
  try {
    const boost::intrusive_ptr<LineSession> session(
        new LineSession(session_context_, std::move(socket), instance, way));
    sessions_.emplace(session.get(), session);
    if (!instance.empty()) of_instance_[instance].push_back(session.get());
    if (in_reserve) reserve_.push_back(session.get());
  } catch (const std::exception& error) {
    on_warning_(error.what());
  }
}

void Broker::hang_up(const std::string& instance) {
  if (const auto found = of_instance_.find(instance); found != of_instance_.end()) {
    const std::vector<SessionPtr> theirs(found->second.begin(), found->second.end());
    for (const SessionPtr& session : theirs) session->close_when_idle();
  }
  http_.hang_up(instance);
}

std::vector<SessionPtr> Broker::line_sessions() const {
  std::vector<SessionPtr> all;
  all.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) all.emplace_back(session);
  return all;
}

BrokerCounts Broker::counts() const {
  BrokerCounts counts = counts_;
  counts.connections = sessions_.size() + http_.connections();
  return counts;
}

}  // namespace yardmaster
