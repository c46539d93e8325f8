#include <set>
#include <string>

#include "coordinator/base/json.h"
#include "coordinator/base/own_refs.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;
namespace asio = boost::asio;

constexpr std::uint64_t most_rescues_listed = 1000;

json action_json(const UpkeepAction& action) {
  json shown{{"action", action.action}, {"what", action.what}};
  if (!action.instance.empty()) shown["instance_id"] = action.instance;
  if (!action.path.empty()) shown["path"] = action.path;
  if (action.bytes > 0) shown["bytes"] = action.bytes;
  if (!action.rescue.empty()) shown["rescue"] = action.rescue;
  return shown;
}

asio::awaitable<std::string> run_upkeep(Services& services, const Request& request,
                                        bool ask_unknown) {
  const bool dry_run = request.flag("dry_run");
  const UpkeepReport done = co_await services.upkeep.run(ask_unknown, dry_run);
  json actions = json::array();
  std::uint64_t bytes = 0;
  for (const UpkeepAction& action : done.actions) {
    actions.push_back(action_json(action));
    bytes += action.bytes;
  }
  const json data{{"dry_run", dry_run},
                  {"actions", std::move(actions)},
                  {"troubles", done.troubles},
                  {"freed_bytes", bytes}};
  co_return to_text(data);
}

json rescue_json(const Rescue& rescue, const std::string& repo) {
  return {{"repo", repo},
          {"instance", rescue.instance},
          {"ref", rescue.ref},
          {"commit", rescue.commit},
          {"directory", rescue.kept_directory.string()},
          {"time", format_time(rescue.time)},
          {"summary", rescue.summary}};
}

json kept_json(const KeptDirectory& kept) {
  return {{"repo", ""},
          {"instance", kept.note.instance},
          {"ref", ""},
          {"commit", kept.note.commit},
          {"directory", kept.directory.string()},
          {"time", format_time(kept.note.time)},
          {"summary", kept.note.why}};
}

// A page of the list: `after` so many, as many as make up about a frame.
json rescues_page(json& all, std::uint64_t after, std::uint64_t limit) {
  json page = json::array();
  std::size_t bytes = 0;
  std::size_t next = after;
  for (; next < all.size() && page.size() < limit; ++next) {
    bytes += to_text(all[next]).size();
    if (!page.empty() && bytes > max_frame_bytes) break;
    page.push_back(std::move(all[next]));
  }
  json data{{"rescues", std::move(page)}, {"more", next < all.size()}};
  if (next < all.size()) data["next_after"] = next;
  return data;
}

}  // namespace

Reply trigger_cleanup(Services& services, const Request& request) {
  co_return co_await run_upkeep(services, request, false);
}

Reply repair_state(Services& services, const Request& request) {
  co_return co_await run_upkeep(services, request, true);
}

Reply list_rescues(Services& services, const Request& request) {
  const std::string only = request.text("repo");
  if (!only.empty()) services.repositories.require_ready(only);
  json shown = json::array();
  std::set<std::string> kept;  // a directory whose repository nobody knows is in every list
  for (const Repository& repository : services.repositories.list()) {
    if (repository.state != RepositoryState::ready) continue;
    if (!only.empty() && repository.name != only) continue;
    Worktrees& worktrees = services.repositories.worktrees(repository.path);
    const std::vector<Rescue> rescues = co_await worktrees.rescues();
    for (const Rescue& rescue : rescues) {
      const std::string directory = rescue.kept_directory.string();
      if (directory.empty() || kept.insert(directory).second) {
        shown.push_back(rescue_json(rescue, repository.name));
      }
    }
  }
  // So a directory shows also when its repository is not known any more, as after a lost database.
  if (only.empty()) {
    const std::vector<KeptDirectory> others = co_await services.repositories.kept_directories();
    for (const KeptDirectory& each : others) {
      if (kept.contains(each.directory.string())) continue;
      shown.push_back(kept_json(each));
    }
  }
  json data =
      rescues_page(shown, request.number("after"), request.number("limit", most_rescues_listed));
  data["repositories"] = services.repositories.list().size();
  co_return to_text(data);
}

Reply restore_rescue(Services& services, const Request& request) {
  const Repository repository = services.repositories.require_ready(request.text("repo"));
  const std::string ref = request.text("ref");
  std::string branch = request.text("branch");
  const std::string path = request.text("path");
  if (!ref.starts_with(rescue_namespace)) {
    throw Error(ErrorCode::invalid_request,
                "args.ref: '" + ref + "' is not a rescue (see `yardmaster rescue ls`)");
  }
  if (branch.empty()) {
    branch = "rescue/" + ref.substr(rescue_namespace.size());
    branch[branch.rfind('/')] = '-';
  }
  Worktrees& worktrees = services.repositories.worktrees(repository.path);
  if (path.empty()) {
    co_await worktrees.restore(ref, branch);
  } else {
    co_await worktrees.restore_into(ref, branch, path);
  }
  const json data{{"branch", branch}, {"path", path}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
