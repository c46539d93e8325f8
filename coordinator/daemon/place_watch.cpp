#include "coordinator/daemon/place_watch.h"

#include <exception>
#include <utility>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"

namespace yardmaster {

namespace asio = boost::asio;

void make_runtime_directory(const Config& config) {
  const Paths paths = config.paths();
  const AccessRule access = access_rule_for(config.socket_group);
  make_private_directory(paths.runtime_dir, access.directory_mode());
  if (access.group &&
      ::chown(paths.runtime_dir.c_str(), static_cast<uid_t>(-1), *access.group) != 0) {
    throw Error(ErrorCode::usage, paths.runtime_dir.string() + ": cannot give it to the group " +
                                      config.socket_group);
  }
}

PlaceWatch::PlaceWatch(asio::io_context& io, StoreQueue& store, Broker& broker,
                       const Config& config, YardRecord yard, std::function<void()> restore_others,
                       OnWarning on_warning)
    : io_(io),
      store_(store),
      broker_(broker),
      config_(config),
      yard_(std::move(yard)),
      restore_others_(std::move(restore_others)),
      on_warning_(std::move(on_warning)),
      timer_(io) {}

void PlaceWatch::start() { asio::co_spawn(io_, keep_looking(), asio::detached); }

void PlaceWatch::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> PlaceWatch::keep_looking() {
  while (!stopping_) {
    timer_.expires_after(config_.sweep_interval);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!stopping_) co_await look();
  }
}

asio::awaitable<void> PlaceWatch::look() {
  try {
    restore_sockets();
  } catch (const std::exception& error) {
    on_warning_(std::string("cannot make the sockets again: ") + error.what());
  }
  const auto nothing = [](Store&) {};
  try {
    co_await store_.run(Durability::process, nothing);
  } catch (const Error&) {
    // The store has said so itself.
  }
}

void PlaceWatch::restore_sockets() {
  if (!read_runtime_mark(config_.runtime_dir)) {
    make_runtime_directory(config_);
    write_runtime_mark(yard_);
  }
  broker_.restore_listeners();
  restore_others_();
}

}  // namespace yardmaster
