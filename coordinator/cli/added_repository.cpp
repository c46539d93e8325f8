#include "coordinator/cli/added_repository.h"

#include <filesystem>

#include "coordinator/base/error.h"
#include "coordinator/base/secrets.h"
#include "coordinator/cli/output/clone_wait.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// The URL of a checkout that is used in place is only where that came from.
bool is_from(const json& repository, const RepositorySource& source) {
  std::error_code ignored;
  return source.is_url
             ? flag_of(repository, "owned") &&
                   text_of(repository, "url") == without_secrets(source.value)
             : std::filesystem::equivalent(text_of(repository, "path"), source.value, ignored);
}

// The repository that was added earlier from the same place.
std::optional<json> find_added(Client& client, const RepositorySource& source,
                               const std::string& name) {
  for (const json& each : client.list("list_repos", "repos")) {
    const bool ready = text_of(each, "state") == "ready";
    const bool named = name.empty() || text_of(each, "name") == name;
    if (ready && named && is_from(each, source)) return each;
  }
  return std::nullopt;
}

}  // namespace

AddedRepository add_or_find(Client& client, const RepositorySource& source, const std::string& name,
                            const std::string& base) {
  std::optional<json> added = find_added(client, source, name);
  if (!added) return {add_repository(client, add_repo_request(source, name, base)), false};
  const std::string its_base = text_of(*added, "base_branch");
  if (base.empty() || base == its_base) return {std::move(*added), true};
  const std::string known = text_of(*added, "name");
  throw Error(ErrorCode::conflict,
              "the repository " + known + " is added already, and branches there begin at " +
                  its_base + ": leave --base out, or forget it first with 'yardmaster repo rm " +
                  known + "'");
}

}  // namespace yardmaster::cli
