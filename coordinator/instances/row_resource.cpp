#include "coordinator/instances/row_resource.h"

#include <utility>
#include <vector>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

InstanceRequest request_of(const Instance& instance) {
  InstanceRequest request;
  request.name = instance.name;
  request.role = instance.role;
  request.repo = instance.repo;
  request.worktree_path = instance.worktree_path;
  request.tmux_window = instance.tmux_window;
  request.task = instance.task;
  request.agent_command = instance.agent_command;
  request.process = instance.process;
  return request;
}

struct Ended {
  Instance instance;
  std::vector<Handoff> cancelled;
};

Ended end_in(Store& store, const std::string& name, const Ending& ending) {
  Ended ended;
  ended.cancelled = store.list_handoffs(name, HandoffState::pending);
  ended.instance = store.end_instance(name, ending.reason, ending.summary);
  for (Handoff& handoff : ended.cancelled) handoff.state = HandoffState::cancelled;
  return ended;
}

}  // namespace

boost::asio::awaitable<void> RowResource::acquire(Instance& instance) {
  const InstanceRequest request = request_of(instance);
  const auto create = [&](Store& store) {
    return store.create_instance(request, instance.socket_path);
  };
  instance = co_await store_.run(Durability::power, create);
}

boost::asio::awaitable<Adoption> RowResource::adopt(Instance& /*instance*/) {
  co_return Adoption::held;
}

boost::asio::awaitable<void> RowResource::release(Instance& instance, const Ending& ending) {
  const auto end = [&](Store& store) { return end_in(store, instance.name, ending); };
  Ended ended;
  try {
    ended = co_await store_.run(Durability::power, end);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) co_return;
    throw;
  }
  instance = std::move(ended.instance);
  for (const Handoff& handoff : ended.cancelled) observer_.on_handoff(handoff);
}

}  // namespace yardmaster
