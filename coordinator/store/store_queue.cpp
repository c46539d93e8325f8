#include "coordinator/store/store_queue.h"

#include <boost/asio/post.hpp>

#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

constexpr auto longest_drain = std::chrono::milliseconds(4);

}  // namespace

StoreQueue::StoreQueue(boost::asio::io_context& io, Store& store, std::unique_ptr<Reader> reader,
                       const GroupCommitOptions& options, CommitObserver& observer)
    : io_(io), commits_(store, std::move(reader), options, observer, [this] {
        boost::asio::post(io_, [this] { drain(); });
      }) {}

void StoreQueue::submit(std::unique_ptr<Operation> operation) {
  if (!commits_.submit(std::move(operation))) return;
  boost::asio::post(io_, [this] {
    now_running("hand over");
    commits_.hand_over();
  });
}

void StoreQueue::drain() {
  now_running("completions");
  if (commits_.drain(longest_drain)) boost::asio::post(io_, [this] { drain(); });
  if (drained_) drained_();
}

}  // namespace yardmaster
