#include "coordinator/base/json.h"
#include "coordinator/broker/handlers.h"
#include "coordinator/broker/wire_values.h"
#include "coordinator/domain/names.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;
namespace asio = boost::asio;

constexpr std::size_t most_tombstones = 1000;

InstanceRequest common_request(const Request& request) {
  InstanceRequest wanted;
  wanted.repo = request.text("repo");
  wanted.worktree_path = request.text("worktree_path");
  wanted.tmux_window = request.text("tmux_window");
  wanted.task = request.text("task");
  wanted.agent_command = request.text("agent_command");
  wanted.wants_socket = request.flag("socket", true);
  if (const auto pid = request.optional_number("pid")) {
    wanted.process = ProcessIdentity{static_cast<std::int64_t>(*pid), 0, {}};
  }
  return wanted;
}

// Repository and agent together name an instance: a yard's names are unique, an agent's only within
// its repository.
std::string agent_name(const Request& request) {
  if (!request.has("agent")) return request.caller("agent");
  std::string name = request.text("agent");
  if (request.has("repo")) name = request.text("repo") + "-" + name;
  require_name("args.repo and args.agent", name);
  const std::string& own = request.session().instance();
  if (!own.empty() && own != name) throw identity_error(own, name);
  return name;
}

asio::awaitable<std::string> release(Services& services, std::string name, Ending ending) {
  const Instance gone = co_await services.instances.release(std::move(name), std::move(ending));
  const json data{
      {"instance_id", gone.name}, {"state", to_string(gone.state)}, {"reason", gone.end_reason}};
  co_return to_text(data);
}

std::optional<InstanceState> state_of(const Request& request) {
  if (!request.has("state")) return std::nullopt;
  const std::string text = request.text("state");
  const auto state = instance_state_from(text);
  if (state) return state;
  throw Error(ErrorCode::invalid_request, "args.state: '" + text.substr(0, 64) +
                                              "' is not starting, running, idle, unknown, "
                                              "stopping or gone");
}

// Formats a list that may be long, on the reader thread.
asio::awaitable<std::string> list(Services& services, const Request& request,
                                  std::string_view key) {
  const auto state = state_of(request);
  const std::string repo = request.text("repo");
  const auto find = [&](Store& store) {
    return state == InstanceState::gone ? store.list_tombstones(most_tombstones)
                                        : store.list_instances();
  };
  const auto format = [&](Reader&, const std::vector<Instance>& instances) {
    json shown = json::array();
    for (const Instance& instance : instances) {
      if (state && instance.state != *state) continue;
      if (!repo.empty() && instance.repo != repo) continue;
      shown.push_back(instance_json(instance));
    }
    const json data{{std::string(key), std::move(shown)}};
    return to_text(data);
  };
  co_return co_await services.store.run_and_read(Durability::process, find, format);
}

asio::awaitable<std::string> repair(Services& services, const Request& request, bool ask_unknown) {
  const bool dry_run = request.flag("dry_run");
  const std::vector<Repair> repairs = co_await services.instances.repair(ask_unknown, dry_run);
  json actions = json::array();
  for (const Repair& each : repairs) {
    actions.push_back({{"instance_id", each.instance}, {"action", each.action}});
  }
  const json data{{"dry_run", dry_run}, {"actions", std::move(actions)}};
  co_return to_text(data);
}

}  // namespace

Reply allocate_instance(Services& services, const Request& request) {
  InstanceRequest wanted = common_request(request);
  wanted.name = request.caller("instance_id");
  wanted.role = request.text("role");
  const Instance instance = co_await services.instances.allocate(std::move(wanted));
  co_return to_text(allocation_json(instance));
}

Reply release_instance(Services& services, const Request& request) {
  std::string name = request.caller("instance_id");
  Ending ending("released", request.arrived());
  ending.force = request.flag("force");
  co_return co_await release(services, std::move(name), std::move(ending));
}

Reply list_instances(Services& services, const Request& request) {
  co_return co_await list(services, request, "instances");
}

Reply add_agent(Services& services, const Request& request) {
  InstanceRequest wanted = common_request(request);
  wanted.name = agent_name(request);
  wanted.role = request.text("type");
  const Instance instance = co_await services.instances.allocate(std::move(wanted));
  co_return to_text(allocation_json(instance));
}

Reply remove_agent(Services& services, const Request& request) {
  std::string name = agent_name(request);
  Ending ending("released", request.arrived());
  ending.force = request.flag("force");
  co_return co_await release(services, std::move(name), std::move(ending));
}

Reply list_agents(Services& services, const Request& request) {
  co_return co_await list(services, request, "agents");
}

Reply trigger_cleanup(Services& services, const Request& request) {
  co_return co_await repair(services, request, false);
}

Reply repair_state(Services& services, const Request& request) {
  co_return co_await repair(services, request, true);
}

Reply complete_agent(Services& services, const Request& request) {
  std::string name = agent_name(request);
  Ending ending("completed", request.arrived());
  ending.summary = request.text("summary");
  co_return co_await release(services, std::move(name), std::move(ending));
}

}  // namespace yardmaster::handlers
