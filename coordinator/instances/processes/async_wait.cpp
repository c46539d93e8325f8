#include "coordinator/instances/processes/async_wait.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

int copy_of(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy >= 0) return copy;
  throw Error(ErrorCode::unavailable, std::string("cannot wait: ") + std::strerror(errno));
}

// A copy, since a descriptor can be watched only once. It must be taken out of the epoll set before
// it is closed: while the original is open, the set would keep it, and its events would be taken
// for those of whatever is watched next.
struct Watched {
  Watched(asio::io_context& io, int descriptor) : copy(io, copy_of(descriptor)) {}
  ~Watched() { ::close(copy.release()); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  stream_descriptor copy;
  bool expired = false;
};

}  // namespace

bool is_readable(int descriptor) {
  pollfd poll{descriptor, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

asio::awaitable<bool> wait_readable(asio::io_context& io, int descriptor, SteadyTime deadline) {
  const auto watched = std::make_shared<Watched>(io, descriptor);
  asio::steady_timer timer(io, deadline);
  timer.async_wait([watched](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    watched->expired = true;
    boost::system::error_code ignored;
    watched->copy.cancel(ignored);
  });
  bool readable = is_readable(descriptor);
  const KeepName keep_name;
  while (!readable && !watched->expired) {
    boost::system::error_code ignored;
    co_await watched->copy.async_wait(stream_descriptor::wait_read,
                                      asio::redirect_error(asio::use_awaitable, ignored));
    readable = is_readable(descriptor);
  }
  co_return readable;
}

asio::awaitable<void> pause_for(asio::io_context& io, std::chrono::nanoseconds time) {
  asio::steady_timer timer(io, time);
  const KeepName keep_name;
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Pace::turn() {
  const KeepName keep_name;
  co_await asio::post(io_, asio::use_awaitable);
  began_ = std::chrono::steady_clock::now();
}

}  // namespace yardmaster
