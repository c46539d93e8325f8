// Runs blocking work (files, /proc) on a pool's thread and comes back to the caller's. What the
// work throws is thrown to the caller. Any thread.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/stall_detector.h"

namespace yardmaster {

// Name the function first and move it in: a lambda made in an expression with co_await may be
// destroyed twice by g++ 12. What it captures by reference must live until then, as the caller's
// locals do.
template <class Result>
boost::asio::awaitable<Result> run_on(boost::asio::thread_pool& pool,
                                      std::function<Result()> work) {
  auto task = [](std::function<Result()> inner) -> boost::asio::awaitable<Result> {
    co_return inner();
  };
  auto running = task(std::move(work));
  const KeepName keep_name;
  co_return co_await boost::asio::co_spawn(pool, std::move(running), boost::asio::use_awaitable);
}

}  // namespace yardmaster
