// An instance's socket, on which the caller is that instance. Broker thread only.
#pragma once

#include "coordinator/base/paths.h"
#include "coordinator/broker/broker.h"
#include "coordinator/instances/resources/instance_resource.h"

namespace yardmaster {

class SocketResource final : public InstanceResource {
 public:
  SocketResource(Broker& broker, Paths paths) : broker_(broker), paths_(std::move(paths)) {}

  std::string_view name() const override { return "socket"; }
  // Refuses a path that is too long for a socket.
  void plan(const InstanceRequest& request, Instance& instance) override;
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  Broker& broker_;
  Paths paths_;
};

}  // namespace yardmaster
