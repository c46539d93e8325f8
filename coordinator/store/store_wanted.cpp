// The part of Store that keeps which instances should live.
#include <algorithm>
#include <charconv>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

std::int64_t microseconds_of(WallTime time) { return time.time_since_epoch().count(); }

std::string joined_times(const std::vector<WallTime>& times) {
  std::string text;
  for (const WallTime time : times) {
    text += (text.empty() ? "" : " ") + std::to_string(microseconds_of(time));
  }
  return text;
}

std::vector<WallTime> split_times(std::string_view text) {
  std::vector<WallTime> times;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    std::int64_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    times.emplace_back(std::chrono::microseconds(number));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return times;
}

}  // namespace

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
    wanted.deaths = split_times(row.text(6));
    wanted.next_start = WallTime(std::chrono::microseconds(row.integer(7)));
    wanted.given_up = row.text(8);
  });
  return all;
}

std::vector<WantedInstance> Store::list_waiting() {
  std::vector<WantedInstance> waiting = list_wanted();
  std::erase_if(waiting, [this](const WantedInstance& each) { return lives(each.name); });
  return waiting;
}

Instance Store::find_ended(std::string_view name) {
  require_name("from", name);
  const auto quoted = "'" + std::string(name) + "'";
  if (lives(name)) {
    throw Error(ErrorCode::conflict, "from: " + quoted + " lives, and hands over by itself");
  }
  for (const WantedInstance& wanted : list_waiting()) {
    if (wanted.name != name || !wanted.given_up.empty()) continue;
    throw Error(ErrorCode::conflict, "from: " + quoted +
                                         " is going to be started again, and goes " +
                                         "on with its context: release it first");
  }
  std::vector<Instance> ended = list_tombstones(1, name);
  if (!ended.empty()) return std::move(ended.front());
  throw Error(ErrorCode::not_found, "from: no instance " + quoted + " has ended");
}

bool Store::is_wanted(std::string_view name) {
  bool found = false;
  database_.query(Statement::wanted_exists, {name}, [&](const Row&) { found = true; });
  return found;
}

void Store::note_deaths(const WantedInstance& wanted) {
  if (!is_wanted(wanted.name)) {
    throw Error(ErrorCode::not_found, "no instance '" + wanted.name + "' is wanted");
  }
  const std::string deaths = joined_times(wanted.deaths);
  database_.execute(Statement::note_deaths,
                    {std::string_view(wanted.name), std::string_view(deaths),
                     microseconds_of(wanted.next_start), std::string_view(wanted.given_up)});
}

bool Store::drop_wanted(std::string_view name) {
  if (!is_wanted(name)) return false;
  database_.execute(Statement::drop_wanted, {name});
  return true;
}

}  // namespace yardmaster
