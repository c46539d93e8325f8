#include "coordinator/store/store_queue.h"

#include <boost/asio/post.hpp>

namespace yardmaster {

StoreQueue::StoreQueue(boost::asio::io_context& io, Store& store, std::unique_ptr<Reader> reader,
                       const GroupCommitOptions& options, CommitObserver& observer)
    : io_(io), commits_(store, std::move(reader), options, observer, [this] {
        boost::asio::post(io_, [this] { drain(); });
      }) {}

void StoreQueue::submit(std::unique_ptr<Operation> operation) {
  if (!commits_.submit(std::move(operation))) return;
  boost::asio::post(io_, [this] { commits_.hand_over(); });
}

void StoreQueue::drain() {
  commits_.drain();
  if (drained_) drained_();
}

}  // namespace yardmaster
