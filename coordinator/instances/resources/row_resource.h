// An instance's row in the store: made first, so that whatever follows can be found after a crash,
// and turned into a tombstone last.
#pragma once

#include "coordinator/instances/resources/instance_observer.h"
#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

class RowResource final : public InstanceResource {
 public:
  RowResource(StoreQueue& store, InstanceObserver& observer) : store_(store), observer_(observer) {}

  std::string_view name() const override { return "row"; }
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  // Leaves `instance` as the tombstone says; tells of the handoffs that end with it, and its
  // supervisors, in the same transaction, of an end that nobody asked for and of a completed task.
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  StoreQueue& store_;
  InstanceObserver& observer_;
};

}  // namespace yardmaster
