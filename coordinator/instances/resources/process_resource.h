// The process of an instance, started for it or registered by others: watched by a pidfd; when the
// instance ends, so does the process with all that it started.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/instances/processes/process.h"
#include "coordinator/instances/resources/instance_resource.h"

namespace yardmaster {

class ProcessResource final : public InstanceResource {
 public:
  // Called once when a watched process has ended by itself.
  using OnDeath = std::function<void(const std::string& instance, SteadyTime when)>;
  // Processes that are no instance's, whatever they descend from: the tmux server.
  using Spared = std::function<std::vector<std::int64_t>()>;

  // `grace` lies between SIGTERM and SIGKILL; `token_prefix` is what the tokens that the
  // processes of launched agents carry begin with.
  ProcessResource(boost::asio::io_context& io, boost::asio::thread_pool& workers,
                  std::string token_prefix, std::chrono::nanoseconds grace, Spared spared,
                  OnDeath on_death)
      : io_(io),
        workers_(workers),
        token_prefix_(std::move(token_prefix)),
        grace_(grace),
        spared_(std::move(spared)),
        on_death_(std::move(on_death)) {}

  std::string_view name() const override { return "process"; }
  // Refuses a pid that no process of ours has.
  void plan(const InstanceRequest& request, Instance& instance) override;
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  Adoption probe(const Instance& instance) const override;
  // Leaves a process alone that others registered in vain. Throws timed_out when the process cannot
  // be ended; it is watched on then. Throws unavailable when it cannot be told whether it runs.
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  struct Watch {
    Watch(boost::asio::io_context& io, ProcessHandle handle) : pidfd(io, handle.pidfd.release()) {}
    boost::asio::posix::stream_descriptor pidfd;
    bool ended = false;
    bool releasing = false;
  };

  std::shared_ptr<Watch> watch(const std::string& instance, ProcessHandle handle);
  void wait_for_end(const std::string& instance, const std::shared_ptr<Watch>& watch);
  // Null when there is no process; throws unavailable when that cannot be told.
  std::shared_ptr<Watch> find_watch(const Instance& instance);

  void forget(const std::string& instance);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  std::string token_prefix_;
  std::chrono::nanoseconds grace_;
  Spared spared_;
  OnDeath on_death_;
  std::unordered_map<std::string, std::shared_ptr<Watch>> watches_;
};

}  // namespace yardmaster
