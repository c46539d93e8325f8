#include "coordinator/instances/resources/process_resource.h"

#include <exception>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/instance_token.h"
#include "coordinator/instances/processes/process_tree.h"

namespace yardmaster {
namespace {

// The machine was started again since the agent was.
bool is_of_another_boot(const Instance& instance) {
  if (!instance.process || instance.process->boot_id.empty()) return false;
  return instance.process->boot_id != read_boot_id();
}

}  // namespace

void ProcessResource::plan(const InstanceRequest& request, Instance& instance) {
  if (request.process) instance.process = open_process(request.process->pid).identity;
}

boost::asio::awaitable<void> ProcessResource::acquire(Instance& instance) {
  if (!instance.process) co_return;
  ProbeResult probe = probe_process(*instance.process);
  if (!probe.handle && (instance.owned & owns_processes) != 0) {
    throw Error(ErrorCode::agent_ended, "the agent of '" + instance.name + "' ended at once");
  }
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
  wait_for_end(instance, watch);
  return watch;
}

void ProcessResource::wait_for_end(const std::string& instance,
                                   const std::shared_ptr<Watch>& watch) {
  watch->pidfd.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, instance, watch](const boost::system::error_code& failure) {
                            if (failure) return;
                            const bool ended = is_readable(watch->pidfd.native_handle());
                            if (!ended) return wait_for_end(instance, watch);
                            watch->ended = true;
                            if (watch->releasing) return;
                            now_running("process end");
                            on_death_(instance, std::chrono::steady_clock::now());
                          });
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
  if (is_of_another_boot(instance)) instance.how_died = "lost with the machine's restart";
  const bool launched = (instance.owned & owns_processes) != 0;
  // A registration that did not come to be leaves the process to whoever started it.
  if (!launched && ending.undone) co_return forget(instance.name);
  const std::shared_ptr<Watch> watch = find_watch(instance);
  if (!watch && !launched) co_return;
  if (watch) watch->releasing = true;
  ProcessTreeQuery query;
  query.root = instance.process;
  query.spared = spared_();
  if (launched) query.token = instance_token(token_prefix_, instance.id);
  std::exception_ptr failure;
  try {
    // The remains of a registered process that has ended by itself cannot be told from other
    // processes.
    const bool something_left = launched || !watch->ended;
    if (something_left) co_await end_process_tree(io_, workers_, query, grace_, ending.force);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    if (watch) watch->releasing = false;
    std::rethrow_exception(failure);
  }
  forget(instance.name);
}

// The fate of the process must not concern an instance of the same name that comes later.
void ProcessResource::forget(const std::string& instance) {
  const auto found = watches_.find(instance);
  if (found == watches_.end()) return;
  found->second->releasing = true;
  found->second->pidfd.cancel();
  watches_.erase(found);
}

}  // namespace yardmaster
