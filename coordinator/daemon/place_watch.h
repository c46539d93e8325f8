// Looks from time to time whether the daemon's places are still there: makes the runtime directory
// and the sockets in it anew when somebody has removed or replaced them, and asks the store, which
// notices when its files are gone. Broker thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/config.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/broker/broker.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// Makes the state directory, private, before anything is written there. Gives the configuration as
// it is. Throws Error{usage}.
Config prepare_places(const Config& config);
// With the mode and group that the sockets' users need. Throws Error{usage}.
void make_runtime_directory(const Config& config);

class PlaceWatch {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  // `restore_others` makes the sockets again that are not the broker's.
  PlaceWatch(boost::asio::io_context& io, StoreQueue& store, Broker& broker, const Config& config,
             YardRecord yard, std::function<void()> restore_others, OnWarning on_warning);

  // Once the broker listens; then every sweep.
  void start();
  void stop();

 private:
  boost::asio::awaitable<void> keep_looking();
  boost::asio::awaitable<void> look();
  void restore_sockets();

  boost::asio::io_context& io_;
  StoreQueue& store_;
  Broker& broker_;
  const Config& config_;
  const YardRecord yard_;
  std::function<void()> restore_others_;
  OnWarning on_warning_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false;
};

}  // namespace yardmaster
