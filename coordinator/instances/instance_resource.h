// One of the real things that make up an instance: its row, socket, process, and whatever else is
// put into the list that InstanceManager is given. Broker thread; nothing in here may block it.
//
// An allocation plans all of its resources, then acquires them in order; an instance that ends
// releases them in reverse order.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/domain/instance.h"

namespace yardmaster {

// Why and how an instance ends.
struct Ending {
  Ending(std::string why, SteadyTime since) : reason(std::move(why)), began(since) {}

  std::string reason;
  std::string summary;
  bool force = false;  // do not ask its process first
  SteadyTime began;    // when its process died, or the request came
};

enum class Adoption {
  held,
  lost,     // proven to be gone: the instance has ended meanwhile
  unknown,  // cannot be told now; asked again later
};

class InstanceResource {
 public:
  virtual ~InstanceResource() = default;

  virtual std::string_view name() const = 0;
  // Checks the request and writes what will be acquired into the instance; changes nothing else.
  virtual void plan(const InstanceRequest& /*request*/, Instance& /*instance*/) {}
  // All or nothing: what throws leaves nothing behind.
  virtual boost::asio::awaitable<void> acquire(Instance& instance) = 0;
  // After a restart: takes up what an earlier daemon acquired. Idempotent: asked again for all of
  // an instance's resources while any of them is unknown.
  virtual boost::asio::awaitable<Adoption> adopt(Instance& instance) = 0;
  // What can be told of it now, without changing anything.
  virtual Adoption probe(const Instance& /*instance*/) const { return Adoption::held; }
  // Idempotent: may come again after a failure or a crash, and for what was never acquired.
  virtual boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) = 0;
};

}  // namespace yardmaster
