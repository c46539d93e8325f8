#include "coordinator/instances/resources/hello_resource.h"

#include "coordinator/base/error.h"

namespace yardmaster {

boost::asio::awaitable<void> HelloResource::acquire(Instance& instance) {
  if ((instance.owned & owns_window) == 0) co_return;
  const LifeSign sign = co_await signs_.wait(instance.name, settle_time_);
  signs_.forget(instance.name);
  if (sign == LifeSign::died) {
    throw Error(ErrorCode::agent_ended,
                "the agent of '" + instance.name + "' ended before it had started");
  }
}

boost::asio::awaitable<void> HelloResource::release(Instance& instance, const Ending& /*ending*/) {
  signs_.forget(instance.name);
  co_return;
}

}  // namespace yardmaster
