#include "coordinator/instances/process_resource.h"

#include <csignal>
#include <utility>

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr auto kill_patience = std::chrono::seconds(5);

}  // namespace

ProcessResource::Watch::Watch(boost::asio::io_context& io, ProcessHandle handle)
    : pidfd(io, handle.pidfd.release()), ended_signal(io, SteadyTime::max()) {}

void ProcessResource::plan(const InstanceRequest& request, Instance& instance) {
  if (request.process) instance.process = open_process(request.process->pid).identity;
}

boost::asio::awaitable<void> ProcessResource::acquire(Instance& instance) {
  if (!instance.process) co_return;
  ProbeResult probe = probe_process(*instance.process);
  if (!probe.handle) {
    throw Error(ErrorCode::not_found,
                "pid " + std::to_string(instance.process->pid) + " ended meanwhile");
  }
  watch(instance.name, std::move(*probe.handle));
}

boost::asio::awaitable<Adoption> ProcessResource::adopt(Instance& instance) {
  if (!instance.process || watches_.contains(instance.name)) co_return Adoption::held;
  ProbeResult probe = probe_process(*instance.process);
  if (probe.state == ProcessState::ended) co_return Adoption::lost;
  if (!probe.handle) co_return Adoption::unknown;
  watch(instance.name, std::move(*probe.handle));
  co_return Adoption::held;
}

Adoption ProcessResource::probe(const Instance& instance) const {
  if (!instance.process) return Adoption::held;
  const ProbeResult probe = probe_process(*instance.process);
  if (probe.state == ProcessState::ended) return Adoption::lost;
  return probe.handle ? Adoption::held : Adoption::unknown;
}

std::shared_ptr<ProcessResource::Watch> ProcessResource::watch(const std::string& instance,
                                                               ProcessHandle handle) {
  auto watch = std::make_shared<Watch>(io_, std::move(handle));
  watches_[instance] = watch;
  watch->pidfd.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, instance, watch](const boost::system::error_code& failure) {
                            if (failure) return;
                            watch->ended = true;
                            watch->ended_signal.cancel();
                            if (!watch->releasing)
                              on_death_(instance, std::chrono::steady_clock::now());
                          });
  return watch;
}

boost::asio::awaitable<bool> ProcessResource::ends_within(std::shared_ptr<Watch> watch,
                                                          std::chrono::nanoseconds time) {
  if (watch->ended) co_return true;
  watch->ended_signal.expires_after(time);
  boost::system::error_code cancelled;
  co_await watch->ended_signal.async_wait(
      boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  co_return watch->ended;
}

// The process may run without being watched: an earlier daemon was killed before the allocation was
// done, or it could not be told before whether it runs.
std::shared_ptr<ProcessResource::Watch> ProcessResource::find_watch(const Instance& instance) {
  if (const auto found = watches_.find(instance.name); found != watches_.end()) {
    return found->second;
  }
  if (!instance.process) return nullptr;
  ProbeResult probe = probe_process(*instance.process);
  if (probe.state == ProcessState::ended) return nullptr;
  if (!probe.handle) {
    throw Error(ErrorCode::unavailable, "it cannot be told whether the process of '" +
                                            instance.name + "' (pid " +
                                            std::to_string(instance.process->pid) + ") runs");
  }
  return watch(instance.name, std::move(*probe.handle));
}

boost::asio::awaitable<void> ProcessResource::release(Instance& instance, const Ending& ending) {
  const std::shared_ptr<Watch> watch = find_watch(instance);
  if (!watch) co_return;
  watch->releasing = true;
  const auto send = [&](int signal) {
    ::syscall(SYS_pidfd_send_signal, watch->pidfd.native_handle(), signal, nullptr, 0U);
  };
  if (!watch->ended && !ending.force) send(SIGTERM);
  bool ended = watch->ended;
  if (!ended && !ending.force) ended = co_await ends_within(watch, grace_);
  if (!ended) {
    send(SIGKILL);
    ended = co_await ends_within(watch, kill_patience);
  }
  if (!ended) {
    watch->releasing = false;
    throw Error(ErrorCode::timed_out, "the process of '" + instance.name + "' cannot be ended");
  }
  watches_.erase(instance.name);
}

}  // namespace yardmaster
