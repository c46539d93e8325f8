#include "coordinator/cli/lookups.h"

#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

std::optional<json> find_named(const json& list, const char* key, const std::string& name) {
  for (const json& each : list) {
    if (text_of(each, key) == name) return each;
  }
  return std::nullopt;
}

}  // namespace

std::optional<json> find_instance(Client& client, const std::string& name) {
  return find_named(client.list("list_instances", "instances", {{"name", name}}), "instance_id",
                    name);
}

// Handoffs come in the order of their ids, which begin at 1.
std::optional<json> find_handoff(Client& client, std::uint64_t id, const std::string& state) {
  if (id == 0) return std::nullopt;
  json arguments{{"after", id - 1}, {"limit", 1}};
  if (!state.empty()) arguments["state"] = state;
  const json handoffs = list_of(client.call("list_handoffs", arguments), "handoffs");
  if (handoffs.empty() || number_of(handoffs[0], "id") != id) return std::nullopt;
  return handoffs[0];
}

std::optional<json> find_repository(Client& client, const std::string& name) {
  return find_named(client.list("list_repos", "repos"), "name", name);
}

}  // namespace yardmaster::cli
