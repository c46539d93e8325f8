// The part of Store that keeps which instances should live.
#include "coordinator/base/error.h"
#include "coordinator/store/store.h"

namespace yardmaster {

void Store::want_instance(const InstanceRequest& request) {
  const auto text = [](const std::string& value) { return Parameter(std::string_view(value)); };
  database_.execute(Statement::want_instance,
                    {text(request.name), text(request.role), text(request.repo), text(request.task),
                     text(request.agent_command), text(request.start_ref)});
}

std::vector<WantedInstance> Store::list_wanted() {
  std::vector<WantedInstance> all;
  database_.query(Statement::all_wanted, {}, [&](const Row& row) {
    WantedInstance& wanted = all.emplace_back();
    wanted.name = row.text(0);
    wanted.role = row.text(1);
    wanted.repo = row.text(2);
    wanted.task = row.text(3);
    wanted.agent_command = row.text(4);
    wanted.start_ref = row.text(5);
    wanted.restarts = static_cast<std::uint64_t>(row.integer(6));
    wanted.last_death = WallTime(std::chrono::microseconds(row.integer(7)));
  });
  return all;
}

bool Store::is_wanted(std::string_view name) {
  bool found = false;
  database_.query(Statement::wanted_exists, {name}, [&](const Row&) { found = true; });
  return found;
}

void Store::note_restart(std::string_view name, std::uint64_t restarts, WallTime last_death) {
  if (!is_wanted(name)) {
    throw Error(ErrorCode::not_found, "no instance '" + std::string(name) + "' is wanted");
  }
  database_.execute(Statement::note_restart, {name, static_cast<std::int64_t>(restarts),
                                              last_death.time_since_epoch().count()});
}

bool Store::drop_wanted(std::string_view name) {
  if (!is_wanted(name)) return false;
  database_.execute(Statement::drop_wanted, {name});
  return true;
}

}  // namespace yardmaster
