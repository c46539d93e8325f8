#include "coordinator/broker/listeners/socket_resource.h"

#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {

void SocketResource::plan(const InstanceRequest& request, Instance& instance) {
  if (!request.wants_socket) return;
  const auto path = paths_.instance_socket(request.name);
  try {
    require_socket_path(path);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_request, std::string("args.instance_id: ") + error.what());
  }
  instance.socket_path = path.string();
}

boost::asio::awaitable<void> SocketResource::acquire(Instance& instance) {
  if (!instance.socket_path.empty()) broker_.open(instance.socket_path, instance.name);
  co_return;
}

boost::asio::awaitable<Adoption> SocketResource::adopt(Instance& instance) {
  if (broker_.listens_for(instance.name)) co_return Adoption::held;
  if (!instance.socket_path.empty()) broker_.open(instance.socket_path, instance.name);
  co_return Adoption::held;
}

boost::asio::awaitable<void> SocketResource::release(Instance& instance, const Ending& /*ending*/) {
  if (!instance.socket_path.empty()) {
    broker_.close(instance.name);
    // Left by a daemon that was killed before it could take it up again.
    ::unlink(instance.socket_path.c_str());
  }
  co_return;
}

}  // namespace yardmaster
