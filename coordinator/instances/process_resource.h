// The process that an instance registered: watched by a pidfd, ended when the instance is.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/instances/instance_resource.h"
#include "coordinator/instances/process.h"

namespace yardmaster {

class ProcessResource final : public InstanceResource {
 public:
  // Called once when a watched process has ended by itself.
  using OnDeath = std::function<void(const std::string& instance, SteadyTime when)>;

  // `grace` lies between SIGTERM and SIGKILL.
  ProcessResource(boost::asio::io_context& io, std::chrono::nanoseconds grace, OnDeath on_death)
      : io_(io), grace_(grace), on_death_(std::move(on_death)) {}

  std::string_view name() const override { return "process"; }
  // Refuses a pid that no process of ours has.
  void plan(const InstanceRequest& request, Instance& instance) override;
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  Adoption probe(const Instance& instance) const override;
  // Throws timed_out when the process cannot be ended; it is watched on then. Throws unavailable
  // when it cannot be told whether it runs.
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  struct Watch {
    Watch(boost::asio::io_context& io, ProcessHandle handle);
    boost::asio::posix::stream_descriptor pidfd;
    boost::asio::steady_timer ended_signal;  // cancelled when it ends
    bool ended = false;
    bool releasing = false;
  };

  std::shared_ptr<Watch> watch(const std::string& instance, ProcessHandle handle);
  // Null when there is no process; throws unavailable when that cannot be told.
  std::shared_ptr<Watch> find_watch(const Instance& instance);
  boost::asio::awaitable<bool> ends_within(std::shared_ptr<Watch> watch,
                                           std::chrono::nanoseconds time);

  boost::asio::io_context& io_;
  std::chrono::nanoseconds grace_;
  OnDeath on_death_;
  std::unordered_map<std::string, std::shared_ptr<Watch>> watches_;
};

}  // namespace yardmaster
