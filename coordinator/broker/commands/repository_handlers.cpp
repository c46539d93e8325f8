#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_repos_listed = 1000;

std::vector<std::string> instances_of(const Services& services, const std::string& repo) {
  std::vector<std::string> names;
  services.instances.visit([&](const Instance& instance) {
    if (instance.repo == repo) names.push_back(instance.name);
  });
  return names;
}

}  // namespace

Reply add_repo(Services& services, const Request& request) {
  RepositoryRequest wanted;
  wanted.name = request.text("name");
  wanted.path = request.text("path");
  wanted.url = request.text("github_url");
  wanted.base_branch = request.text("base_branch");
  wanted.tmux_session = request.text("tmux_session");
  const Repository repository = co_await services.repositories.add(std::move(wanted));
  co_return to_text(repository_json(repository));
}

Reply list_repos(Services& services, const Request& request) {
  json shown = json::array();
  std::unordered_map<std::string_view, std::size_t> instances;
  services.instances.visit([&](const Instance& instance) { ++instances[instance.repo]; });
  const std::string after = request.text("after");
  const std::uint64_t limit =
      std::min(request.number("limit", most_repos_listed), most_repos_listed);
  std::size_t bytes = 0;
  bool more = false;
  for (const Repository& repository : services.repositories.list()) {
    if (repository.name <= after) continue;
    json each = repository_json(repository);
    each["progress"] = services.repositories.progress(repository.name);
    each["instances"] = instances[repository.name];
    bytes += to_text(each).size();
    more = shown.size() == limit || (!shown.empty() && bytes > max_frame_bytes);
    if (more) break;
    shown.push_back(std::move(each));
  }
  json data{{"more", more}};
  if (more) data["next_after"] = shown.back().at("name");
  data["repos"] = std::move(shown);
  co_return to_text(data);
}

Reply remove_repo(Services& services, const Request& request) {
  const std::string name = request.text("name");
  services.repositories.find(name);
  const std::vector<std::string> living = instances_of(services, name);
  if (!living.empty() && !request.flag("force")) {
    throw Error(ErrorCode::conflict,
                "'" + living.front() + "' and " + std::to_string(living.size() - 1) +
                    " more instances work in '" + name + "': remove them first, or use --force");
  }
  for (const std::string& instance : living) {
    if (!services.instances.lives(instance)) continue;
    const Ending ending("its repository was removed", request.arrived());
    co_await services.instances.release(instance, ending);
  }
  const std::string kept = co_await services.repositories.remove(name);
  const json data{{"name", name}, {"kept", kept}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
