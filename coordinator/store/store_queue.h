// The broker thread's end of GroupCommit: hands operations over once per turn of the loop, takes
// completions back in one hop, and lets coroutines wait for an operation. Broker thread only, but
// for stop().
//
// Owns the GroupCommit, and with it the store and the reader thread. Must be destroyed before the
// io_context, whose coroutines wait for its operations.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/store/group_commit.h"

namespace yardmaster {

namespace store_queue_detail {

template <class T>
struct Whole {
  using Type = T;
};
template <class T>
struct Whole<std::optional<T>> {
  using Type = T;
};
template <class Execute, class Read>
using ReadStep = std::invoke_result_t<Read&, Reader&, std::invoke_result_t<Execute&, Store&>&>;
template <class Execute, class Read>
using ReadResult = Whole<ReadStep<Execute, Read>>::Type;

}  // namespace store_queue_detail

class StoreQueue {
 public:
  StoreQueue(boost::asio::io_context& io, Store& store, std::unique_ptr<Reader> reader,
             const GroupCommitOptions& options, CommitObserver& observer);

  // Called after each batch of completions, e.g. to write the replies out.
  void on_drained(std::function<void()> callback) { drained_ = std::move(callback); }

  void submit(std::unique_ptr<Operation> operation);
  std::size_t in_flight() const { return commits_.in_flight(); }
  // Any thread; see GroupCommit::stop().
  void stop() { commits_.stop(); }

  // Runs execute(Store&) in the next transaction and gives its result after the commit; throws what
  // it threw. `execute` may run twice (see Operation) and has to outlive the call, so it is a named
  // local of the caller.
  template <class Execute>
  auto run(Durability durability, Execute& execute, const Caller& caller = Caller())
      -> boost::asio::awaitable<std::invoke_result_t<Execute&, Store&>>;

  // Does the same, then runs read(Reader&, result of execute) on the reader thread and gives its
  // result. A read that may be long gives an optional, and is called again for as long as that is
  // empty: others have their turn in between. When the caller is gone, unavailable is thrown
  // instead.
  template <class Execute, class Read>
  auto run_and_read(Durability durability, Execute& execute, Read& read,
                    const Caller& caller = Caller())
      -> boost::asio::awaitable<store_queue_detail::ReadResult<Execute, Read>>;

 private:
  template <class Work>
  struct Start;

  void drain();

  boost::asio::io_context& io_;
  std::function<void()> drained_;
  GroupCommit commits_;
};

namespace store_queue_detail {

struct Nothing {};
template <class T>
using Stored = std::optional<std::conditional_t<std::is_void_v<T>, Nothing, T>>;

// The part of a call that lives in the frame of the coroutine that waits for it.
template <class Execute>
struct ExecuteWork {
  using Executed = std::invoke_result_t<Execute&, Store&>;

  explicit ExecuteWork(Execute& callable) : execute_callable(callable) {}
  void execute(Store& store) {
    if constexpr (std::is_void_v<Executed>) {
      execute_callable(store);
      executed.emplace();
    } else {
      executed.emplace(execute_callable(store));
    }
  }
  bool read(Reader& /*reader*/) { return false; }
  static constexpr bool wants_read = false;

  Execute& execute_callable;
  Stored<Executed> executed;
  std::optional<Error> failure;
};

template <class Execute, class Read>
struct ReadWork : ExecuteWork<Execute> {
  using Step = ReadStep<Execute, Read>;
  using Result = ReadResult<Execute, Read>;

  ReadWork(Execute& execute, Read& read) : ExecuteWork<Execute>(execute), read_callable(read) {}
  // True: there is more to read.
  bool read(Reader& reader) {
    if constexpr (std::is_same_v<Step, Result>) {
      result.emplace(read_callable(reader, *this->executed));
    } else {
      result = read_callable(reader, *this->executed);
    }
    return !result;
  }
  static constexpr bool wants_read = true;

  Read& read_callable;
  std::optional<Result> result;
};

template <class Work, class Handler>
class AwaitedOperation final : public Operation {
 public:
  AwaitedOperation(Durability durability, Work& work, const Caller& caller, Handler handler)
      : Operation(durability), work_(work), wanted_by_(caller), handler_(std::move(handler)) {
    set_caller(caller.key(), caller.bytes());
    // Whoever waits for it does nothing else meanwhile, e.g. between the steps of a handoff.
    closed_loop = true;
  }

  void execute(Store& store) override { work_.execute(store); }
  bool read(Reader& reader) override { return work_.read(reader); }
  bool wants_read() const override { return Work::wants_read; }
  bool is_unwanted() const override { return wanted_by_.is_gone(); }
  void complete() noexcept override {
    work_.failure = failure();
    Handler handler(std::move(handler_));
    now_running(running_);
    std::move(handler)();
  }

 private:
  Work& work_;
  const Caller wanted_by_;
  Handler handler_;
  const std::string_view running_ = running_now();
};

}  // namespace store_queue_detail

template <class Work>
struct StoreQueue::Start {
  Start(StoreQueue& owner, Durability wanted, Work& waiting, const Caller& asking)
      : queue(&owner), durability(wanted), work(&waiting), caller(&asking) {}

  template <class Handler>
  void operator()(Handler handler) const {
    using Awaited = store_queue_detail::AwaitedOperation<Work, Handler>;
    queue->submit(std::make_unique<Awaited>(durability, *work, *caller, std::move(handler)));
  }

  StoreQueue* queue;
  Durability durability;
  Work* work;
  const Caller* caller;
};

template <class Execute>
auto StoreQueue::run(Durability durability, Execute& execute, const Caller& caller)
    -> boost::asio::awaitable<std::invoke_result_t<Execute&, Store&>> {
  using Work = store_queue_detail::ExecuteWork<Execute>;
  Work work(execute);
  Start<Work> start(*this, durability, work, caller);
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
      start, boost::asio::use_awaitable);
  if (work.failure) throw Error(*work.failure);
  if constexpr (!std::is_void_v<typename Work::Executed>) co_return std::move(*work.executed);
}

template <class Execute, class Read>
auto StoreQueue::run_and_read(Durability durability, Execute& execute, Read& read,
                              const Caller& caller)
    -> boost::asio::awaitable<store_queue_detail::ReadResult<Execute, Read>> {
  using Work = store_queue_detail::ReadWork<Execute, Read>;
  Work work(execute, read);
  Start<Work> start(*this, durability, work, caller);
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
      start, boost::asio::use_awaitable);
  if (work.failure) throw Error(*work.failure);
  co_return std::move(*work.result);
}

}  // namespace yardmaster
