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

std::optional<json> find_repository(Client& client, const std::string& name) {
  return find_named(client.list("list_repos", "repos"), "name", name);
}

}  // namespace yardmaster::cli
