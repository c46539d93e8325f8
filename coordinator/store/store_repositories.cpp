// The part of Store that keeps the repositories that instances work in.
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

Repository read_repository(const Row& row) {
  Repository repository;
  repository.id = static_cast<std::uint64_t>(row.integer(0));
  repository.name = row.text(1);
  repository.path = row.text(2);
  repository.url = row.text(3);
  repository.base_branch = row.text(4);
  repository.tmux_session = row.text(5);
  repository.owned = row.integer(6) != 0;
  repository.state = static_cast<RepositoryState>(row.integer(7));
  repository.error = row.text(8);
  repository.created_at = WallTime(std::chrono::microseconds(row.integer(9)));
  return repository;
}

}  // namespace

Repository Store::add_repository(const Repository& repository) {
  require_name("name", repository.name);
  if (look_up_repository(repository.name)) {
    throw Error(ErrorCode::already_exists,
                "there is a repository '" + repository.name + "' already: choose another name");
  }
  Repository added = repository;
  added.id = static_cast<std::uint64_t>(++last_id_);
  added.created_at = WallTime(std::chrono::microseconds(now_us()));
  const auto text = [](const std::string& value) { return Parameter(std::string_view(value)); };
  database_.execute(Statement::insert_repository,
                    {last_id_, text(added.name), text(added.path), text(added.url),
                     text(added.base_branch), text(added.tmux_session),
                     std::int64_t{added.owned ? 1 : 0}, static_cast<std::int64_t>(added.state),
                     text(added.error), added.created_at.time_since_epoch().count()});
  return added;
}

std::optional<Repository> Store::look_up_repository(std::string_view name) {
  std::optional<Repository> found;
  database_.query(Statement::repository_by_name, {name},
                  [&](const Row& row) { found = read_repository(row); });
  return found;
}

Repository Store::find_repository(std::string_view name) {
  std::optional<Repository> found = look_up_repository(name);
  if (found) return std::move(*found);
  throw Error(ErrorCode::not_found, "there is no repository '" + std::string(name) + "'");
}

std::vector<Repository> Store::list_repositories() {
  std::vector<Repository> repositories;
  database_.query(Statement::all_repositories, {},
                  [&](const Row& row) { repositories.push_back(read_repository(row)); });
  return repositories;
}

void Store::set_repository_state(std::string_view name, RepositoryState state,
                                 std::string_view error, std::string_view base_branch,
                                 std::string_view path) {
  const Repository before = find_repository(name);
  if (base_branch.empty()) base_branch = before.base_branch;
  if (path.empty()) path = before.path;
  database_.execute(Statement::set_repository_state,
                    {name, static_cast<std::int64_t>(state), error, base_branch, path});
}

void Store::remove_repository(std::string_view name) {
  (void)find_repository(name);
  std::string instance;
  database_.query(Statement::instance_names_by_repo, {name},
                  [&](const Row& row) { instance = row.text(0); });
  if (!instance.empty()) {
    throw Error(ErrorCode::conflict, "instances of repository '" + std::string(name) +
                                         "' live, as '" + instance + "': release them first");
  }
  database_.execute(Statement::drop_wanted_by_repo, {name});
  database_.execute(Statement::delete_repository, {name});
}

}  // namespace yardmaster
