// The part of Store that keeps instances and their tombstones.
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/context_heads.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

WallTime time_from(std::int64_t microseconds) {
  return WallTime(std::chrono::microseconds(microseconds));
}

// The columns that instances and tombstones begin with alike.
Instance read_common(const Row& row) {
  Instance instance;
  instance.id = static_cast<std::uint64_t>(row.integer(0));
  instance.name = row.text(1);
  instance.role = row.text(2);
  instance.repo = row.text(3);
  instance.worktree_path = row.text(4);
  instance.tmux_window = row.text(5);
  instance.task = row.text(6);
  instance.agent_command = row.text(7);
  instance.context = row.text(8);
  instance.created_at = time_from(row.integer(9));
  return instance;
}

Instance read_living(const Row& row) {
  Instance instance = read_common(row);
  instance.socket_path = row.text(10);
  if (!row.is_null(11)) {
    instance.process = ProcessIdentity{row.integer(11), static_cast<std::uint64_t>(row.integer(12)),
                                       std::string(row.text(13))};
  }
  instance.state = static_cast<InstanceState>(row.integer(14));
  return instance;
}

Instance read_tombstone(const Row& row) {
  Instance instance = read_common(row);
  instance.state = InstanceState::gone;
  instance.ended_at = time_from(row.integer(10));
  instance.end_reason = row.text(11);
  instance.summary = row.text(12);
  return instance;
}

}  // namespace

Instance Store::create_instance(const InstanceRequest& request, std::string_view socket_path) {
  require_name("instance_id", request.name);
  require_name("role", request.role);
  if (lives(request.name)) {
    throw Error(
        ErrorCode::already_exists,
        "an instance '" + request.name + "' lives already: release it or choose another name");
  }
  const ContextHead& head = take_up_context(request.name);
  Parameter pid;
  Parameter start_ticks;
  Parameter boot_id;
  if (request.process) {
    pid = request.process->pid;
    start_ticks = static_cast<std::int64_t>(request.process->start_ticks);
    boot_id = std::string_view(request.process->boot_id);
  }
  const auto text = [](const std::string& value) { return Parameter(std::string_view(value)); };
  database_.execute(
      Statement::insert_instance,
      {++last_id_, text(request.name), text(request.role), text(request.repo),
       text(request.worktree_path), text(request.tmux_window), text(request.task),
       text(request.agent_command), socket_path, pid, start_ticks, boot_id,
       static_cast<std::int64_t>(InstanceState::starting), text(head.name), now_us()});
  return find_instance(request.name);
}

bool Store::lives(std::string_view instance) {
  bool found = false;
  database_.query(Statement::instance_exists, {instance}, [&](const Row&) { found = true; });
  return found;
}

void Store::require_living(std::string_view field, std::string_view instance) {
  require_name(field, instance);
  if (lives(instance)) return;
  throw Error(ErrorCode::not_found,
              std::string(field) + ": there is no instance '" + std::string(instance) + "'");
}

Instance Store::find_instance(std::string_view name) {
  std::optional<Instance> found;
  database_.query(Statement::instance_by_name, {name},
                  [&](const Row& row) { found = read_living(row); });
  if (!found) {
    throw Error(ErrorCode::not_found, "there is no instance '" + std::string(name) + "'");
  }
  found->generation = require_head(found->context).generation;
  return std::move(*found);
}

std::vector<Instance> Store::list_instances() {
  std::vector<Instance> instances;
  database_.query(Statement::all_instances, {},
                  [&](const Row& row) { instances.push_back(read_living(row)); });
  for (Instance& instance : instances) {
    instance.generation = require_head(instance.context).generation;
  }
  return instances;
}

std::vector<Instance> Store::list_tombstones(std::size_t limit) {
  std::vector<Instance> tombstones;
  database_.query(Statement::newest_tombstones, {static_cast<std::int64_t>(limit)},
                  [&](const Row& row) { tombstones.push_back(read_tombstone(row)); });
  return tombstones;
}

void Store::set_instance_state(std::string_view name, InstanceState state) {
  require_living("instance_id", name);
  database_.execute(Statement::set_instance_state, {name, static_cast<std::int64_t>(state)});
}

void Store::set_instance_process(std::string_view name, const ProcessIdentity& process) {
  require_living("instance_id", name);
  database_.execute(Statement::set_instance_process,
                    {name, process.pid, static_cast<std::int64_t>(process.start_ticks),
                     std::string_view(process.boot_id)});
}

Instance Store::end_instance(std::string_view name, std::string_view reason,
                             std::string_view summary) {
  Instance instance = find_instance(name);
  cancel_pending_handoffs(name);
  const std::int64_t now = now_us();
  const auto text = [](const std::string& value) { return Parameter(std::string_view(value)); };
  database_.execute(
      Statement::insert_tombstone,
      {static_cast<std::int64_t>(instance.id), text(instance.name), text(instance.role),
       text(instance.repo), text(instance.worktree_path), text(instance.tmux_window),
       text(instance.task), text(instance.agent_command), text(instance.context),
       instance.created_at.time_since_epoch().count(), now, reason, summary});
  database_.execute(Statement::delete_instance, {name});
  instance.state = InstanceState::gone;
  instance.ended_at = time_from(now);
  instance.end_reason = reason;
  instance.summary = summary;
  return instance;
}

}  // namespace yardmaster
