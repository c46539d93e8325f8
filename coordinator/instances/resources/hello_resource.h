// The last step of an allocation: the agent's first sign of life. Broker thread.
#pragma once

#include <chrono>

#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/instances/resources/life_signs.h"

namespace yardmaster {

class HelloResource final : public InstanceResource {
 public:
  // An agent that says nothing has started when it has lived for `settle_time`.
  HelloResource(LifeSigns& signs, std::chrono::nanoseconds settle_time)
      : signs_(signs), settle_time_(settle_time) {}

  std::string_view name() const override { return "sign of life"; }
  // Throws agent_ended when it ends before. An agent that says nothing though it could leaves the
  // instance `unknown` until it reports something.
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& /*instance*/) override {
    co_return Adoption::held;
  }
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  LifeSigns& signs_;
  std::chrono::nanoseconds settle_time_;
};

}  // namespace yardmaster
