#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/domain/end_notice.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/lists.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;
namespace asio = boost::asio;

constexpr std::uint64_t most_listed = 1000;

InstanceRequest common_request(const Request& request) {
  InstanceRequest wanted;
  wanted.repo = request.text("repo");
  wanted.worktree_path = request.text("worktree_path");
  wanted.tmux_window = request.text("tmux_window");
  wanted.task = request.text("task");
  wanted.agent_command = request.text("agent_command");
  wanted.wants_socket = request.flag("socket", true);
  wanted.start_ref = request.text("from");
  wanted.foreground = request.flag("foreground");
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
  return name;
}

// What a supervisor starts is of its own repository.
void require_own_repository(const Services& services, const Request& request,
                            InstanceRequest& wanted) {
  const std::optional<std::string> own = services.authority.own_repository(request.session());
  if (!own) return;
  if (wanted.repo.empty()) wanted.repo = *own;
  if (wanted.repo == *own) return;
  const std::string place = own->empty() ? "no repository" : "'" + *own + "'";
  throw Error(ErrorCode::forbidden, "args.repo: '" + request.session().instance() + "' works in " +
                                        place + ", and starts instances there");
}

// An instance may end itself, and others of its repository if its role says so.
void require_may_end(const Services& services, const Request& request, const std::string& name,
                     std::string_view command) {
  if (name == request.session().instance()) return;
  services.authority.require(request.session(), Right::end, command);
  const std::optional<std::string> own = services.authority.own_repository(request.session());
  if (!own || !services.instances.lives(name)) return;
  if (services.instances.find(name).repo == *own) return;
  throw Error(ErrorCode::forbidden,
              "'" + name + "' is not of the repository of '" + request.session().instance() + "'");
}

// A persistent instance that has died and waits to be started again has nothing to release: it is
// not wanted any more then.
asio::awaitable<bool> drop_if_only_wanted(Services& services, std::string name) {
  if (services.instances.lives(name)) co_return false;
  const auto drop = [&](Store& store) { return store.drop_wanted(name); };
  co_return co_await services.store.run(Durability::power, drop);
}

asio::awaitable<std::string> release(Services& services, std::string name, Ending ending) {
  const bool dropped = co_await drop_if_only_wanted(services, name);
  if (dropped) {
    const json data{{"instance_id", name},
                    {"state", "gone"},
                    {"reason", "not started again"},
                    {"rescue", json::array()}};
    co_return to_text(data);
  }
  const Instance gone = co_await services.instances.release(std::move(name), std::move(ending));
  const json data{{"instance_id", gone.name},
                  {"state", to_string(gone.state)},
                  {"reason", gone.end_reason},
                  {"rescue", gone.rescue}};
  co_return to_text(data);
}

std::optional<InstanceState> wanted_instance_state(const Request& request) {
  if (!request.has("state")) return std::nullopt;
  const std::string text = request.text("state");
  const auto state = instance_state_from(text);
  if (state) return state;
  throw Error(ErrorCode::invalid_request, "args.state: '" + text.substr(0, 64) +
                                              "' is not starting, running, idle, unknown, "
                                              "stopping or gone");
}

std::uint64_t limit_of(const Request& request) {
  return std::min(request.number("limit", most_listed), most_listed);
}

// Names are where a list of living ones goes on, and ids where one of those that are gone does.
Page<Instance> living_page(Database& database, const Request& request) {
  InstanceFilter filter;
  filter.name = request.text("name");
  filter.repo = request.text("repo");
  filter.state = wanted_instance_state(request);
  if (request.has("after")) filter.after = request.text("after");
  filter.limit = limit_of(request);
  filter.most_bytes = max_frame_bytes;
  filter.whole_texts = !filter.name.empty();
  return yardmaster::list_instances(database, filter);
}

Page<Instance> gone_page(Database& database, const Request& request) {
  TombstoneFilter filter;
  filter.name = request.text("name");
  filter.repo = request.text("repo");
  filter.after = request.number("after");
  filter.limit = limit_of(request);
  filter.most_bytes = max_frame_bytes;
  filter.whole_texts = !filter.name.empty();
  return list_tombstones(database, filter);
}

// Those that wait for their restart or were given up stand beside the first page of all living
// ones.
json waiting_list(const std::vector<WantedInstance>& waiting, const Request& request) {
  const std::string name = request.text("name");
  const std::string repo = request.text("repo");
  json shown = json::array();
  for (const WantedInstance& each : waiting) {
    const bool meant = (repo.empty() || each.repo == repo) && (name.empty() || each.name == name);
    if (meant) shown.push_back(wanted_json(each));
  }
  return shown;
}

// Living instances by name, or those that are gone, the latest first. Long texts are cut unless one
// name was asked for.
asio::awaitable<std::string> list(Services& services, const Request& request,
                                  std::string_view key) {
  const bool gone = wanted_instance_state(request) == InstanceState::gone;
  if (request.has("after") && request.arguments().at("after").is_string() == gone) {
    throw Error(ErrorCode::invalid_request, "args.after: must be the next_after of such a list");
  }
  const bool with_waiting = !request.has("state") && !request.has("after");
  const auto find = [&](Store& store) {
    return with_waiting ? store.list_waiting() : std::vector<WantedInstance>();
  };
  const auto read = [&](Reader& reader, const std::vector<WantedInstance>& waiting) {
    const Page<Instance> page =
        gone ? gone_page(reader.database(), request) : living_page(reader.database(), request);
    json shown = json::array();
    for (const Instance& instance : page.items) shown.push_back(instance_json(instance));
    json data{{std::string(key), std::move(shown)}, {"more", page.more}};
    if (page.more && gone) data["next_after"] = page.items.back().id;
    if (page.more && !gone) data["next_after"] = page.items.back().name;
    if (with_waiting) data["waiting"] = waiting_list(waiting, request);
    return to_text(data);
  };
  const Caller& caller = request.asked_by();
  co_return co_await services.store.run_and_read(Durability::process, find, read, caller);
}

// A name that nobody else is given meanwhile; taken back with this object, which may outlive the
// services.
class PromisedName {
 public:
  PromisedName(std::shared_ptr<std::set<std::string>> promised, const std::string& name)
      : promised_(std::move(promised)), place_(promised_->insert(name).first) {}
  ~PromisedName() { promised_->erase(place_); }
  PromisedName(const PromisedName&) = delete;
  PromisedName& operator=(const PromisedName&) = delete;

 private:
  std::shared_ptr<std::set<std::string>> promised_;
  std::set<std::string>::iterator place_;
};

// Makes a name, such as "worker-3", for an instance that was asked for without one.
asio::awaitable<std::unique_ptr<PromisedName>> make_name(Services& services, std::string role,
                                                         std::string& name) {
  do {
    const std::vector<std::string> promised(services.promised_names->begin(),
                                            services.promised_names->end());
    const auto find = [&](Store& store) { return store.unused_instance_name(role, promised); };
    name = co_await services.store.run(Durability::process, find);
  } while (services.promised_names->contains(name) || services.instances.lives(name));
  co_return std::make_unique<PromisedName>(services.promised_names, name);
}

asio::awaitable<std::string> allocate(Services& services, InstanceRequest wanted) {
  std::unique_ptr<PromisedName> promise;
  if (wanted.name.empty()) promise = co_await make_name(services, wanted.role, wanted.name);
  if (is_launched(wanted) && !wanted.foreground) {
    wanted.wanted = services.roles.find(wanted.role).persistent;
  }
  const bool foreground = wanted.foreground;
  const bool launched = is_launched(wanted);
  const Instance instance = co_await services.instances.allocate(std::move(wanted));
  json data = allocation_json(instance);
  data["start_ref"] = instance.start_ref;
  data["notes"] = instance.notes;
  if (launched) data["mcp_servers"] = services.roles.find(instance.role).mcp_servers;
  if (foreground) data["launch"] = services.paths.launch_file(instance.name).string();
  co_return to_text(data);
}

}  // namespace

Reply allocate_instance(Services& services, const Request& request) {
  InstanceRequest wanted = common_request(request);
  wanted.name = request.text("instance_id");
  wanted.role = request.text("role");
  require_own_repository(services, request, wanted);
  co_return co_await allocate(services, std::move(wanted));
}

Reply release_instance(Services& services, const Request& request) {
  std::string name = request.subject("instance_id");
  require_may_end(services, request, name, "release_instance");
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
  wanted.registered = true;
  require_own_repository(services, request, wanted);
  co_return co_await allocate(services, std::move(wanted));
}

Reply remove_agent(Services& services, const Request& request) {
  std::string name = agent_name(request);
  require_may_end(services, request, name, "remove_agent");
  Ending ending("released", request.arrived());
  ending.force = request.flag("force");
  co_return co_await release(services, std::move(name), std::move(ending));
}

Reply list_agents(Services& services, const Request& request) {
  co_return co_await list(services, request, "agents");
}

// An agent that says so itself is answered first: the command that it ran is ended with it. Saying
// so is a sign of life, too: one that is quick has not been taken for started yet.
Reply complete_agent(Services& services, const Request& request) {
  std::string name = agent_name(request);
  const std::string& own = request.session().instance();
  if (!own.empty() && own != name) throw identity_error(own, name);
  Ending ending(std::string(completed), request.arrived());
  ending.summary = request.text("summary");
  ending.key = request.text("key");
  const auto ask = [&](Store& store) {
    return store.is_ending_known(name, ending.reason, ending.summary, ending.key);
  };
  const bool is_known = co_await services.store.run(Durability::power, ask);
  bool launched = true;
  if (!is_known) {
    launched = (services.instances.find(name).owned & owns_processes) != 0;
    if (launched) services.signs.hello(name);
    Ending asked = ending;
    co_await services.instances.begin_release(name, std::move(asked));
  }
  if (!launched) co_return co_await release(services, std::move(name), std::move(ending));
  const bool lives = services.instances.lives(name);
  const json data{
      {"instance_id", name}, {"state", lives ? "stopping" : "gone"}, {"reason", completed}};
  co_return to_text(data);
}

Reply report_state(Services& services, const Request& request) {
  const std::string name = request.caller("instance_id");
  const auto state = wanted_instance_state(request);
  if (state != InstanceState::running && state != InstanceState::idle) {
    throw Error(ErrorCode::invalid_request, "args.state: an agent is running or idle");
  }
  services.signs.hello(name);
  co_await services.instances.report(name, *state);
  const json data{{"instance_id", name}, {"state", to_string(*state)}};
  co_return to_text(data);
}

Reply list_roles(Services& services, const Request& /*request*/) {
  json roles = json::array();
  for (const Role& role : services.roles.all()) {
    roles.push_back(
        {{"name", role.name}, {"persistent", role.persistent}, {"mcp_servers", role.mcp_servers}});
  }
  const json data{{"roles", std::move(roles)}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
