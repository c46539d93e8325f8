// The part of Store that keeps instances and their tombstones.
#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/text_edits.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/context_heads.h"
#include "coordinator/store/lists.h"
#include "coordinator/store/pages.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

using TextField = std::string Instance::*;

// The texts among the columns {instance}, {living} and {ended} of sql/statements.sql, in the order
// in which they stand there.
constexpr std::array<TextField, 12> shared_texts{
    &Instance::name,          &Instance::role,        &Instance::repo,
    &Instance::worktree_path, &Instance::tmux_window, &Instance::task,
    &Instance::agent_command, &Instance::context,     &Instance::branch,
    &Instance::base_branch,   &Instance::repo_path,   &Instance::log_path};
constexpr std::array<TextField, 7> living_texts{
    &Instance::socket_path, &Instance::base_commit, &Instance::session_id, &Instance::tmux_session,
    &Instance::tmux_pane,   &Instance::end_reason,  &Instance::summary};
constexpr std::array<TextField, 4> ended_texts{&Instance::end_reason, &Instance::summary,
                                               &Instance::exit_status, &Instance::last_output};

constexpr std::size_t most_digits = 9;  // longest number in a name that is made here

// Returns the request that a key stands for.
std::string ending_request(std::string_view reason, std::string_view summary) {
  return std::string("end\n").append(reason).append("\n").append(summary);
}

WallTime time_from(std::int64_t microseconds) {
  return WallTime(std::chrono::microseconds(microseconds));
}

// Returns the column after them.
int read_texts(const Row& row, int column, std::span<const TextField> fields, Instance& instance) {
  for (const TextField field : fields) instance.*field = row.text(column++);
  return column;
}

void add_texts(const Instance& instance, std::span<const TextField> fields,
               std::vector<Parameter>& values) {
  for (const TextField field : fields) values.emplace_back(std::string_view(instance.*field));
}

int read_shared(const Row& row, Instance& instance) {
  instance.id = static_cast<std::uint64_t>(row.integer(0));
  instance.created_at = time_from(row.integer(1));
  return read_texts(row, 2, shared_texts, instance);
}

Instance read_living(const Row& row) {
  Instance instance;
  int column = read_texts(row, read_shared(row, instance), living_texts, instance);
  instance.state = static_cast<InstanceState>(row.integer(column++));
  instance.owned = static_cast<std::uint32_t>(row.integer(column++));
  if (!row.is_null(column)) {
    instance.process =
        ProcessIdentity{row.integer(column), static_cast<std::uint64_t>(row.integer(column + 1)),
                        std::string(row.text(column + 2))};
  }
  instance.wanted = row.integer(column + 3) != 0;
  return instance;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

Instance read_tombstone(const Row& row) {
  Instance instance;
  instance.state = InstanceState::gone;
  const int column = read_texts(row, read_shared(row, instance), ended_texts, instance);
  instance.rescue = lines_of(row.text(column));
  instance.ended_at = time_from(row.integer(column + 1));
  return instance;
}

// After those of read_living().
constexpr int generation_column = 27;

constexpr std::array<TextField, 5> long_texts{&Instance::task, &Instance::agent_command,
                                              &Instance::summary, &Instance::last_output,
                                              &Instance::end_reason};

// About what it takes on the wire.
std::size_t row_bytes(const Instance& instance) {
  std::size_t bytes = 768;
  for (const TextField field : long_texts) bytes += (instance.*field).size();
  for (const std::string& rescue : instance.rescue) bytes += rescue.size();
  return bytes;
}

void shorten_texts(Instance& instance) {
  for (const TextField field : long_texts) {
    std::string& text = instance.*field;
    if (text.size() <= longest_listed_text) continue;
    text = shortened(std::move(text), longest_listed_text);
    text.shrink_to_fit();
    instance.shortened = true;
  }
}

// Counts a row, and keeps of it what a list has.
void keep(PageMeter& meter, bool whole_texts, Instance instance, Page<Instance>& page) {
  const std::size_t read = row_bytes(instance);
  if (!whole_texts) shorten_texts(instance);
  meter.take(row_bytes(instance), read);
  page.items.push_back(std::move(instance));
}

// 0 when it is not a number as names get it here.
std::uint64_t number_from(std::string_view digits) {
  std::uint64_t number = 0;
  if (digits.empty() || digits.front() == '0' || digits.size() > most_digits) return 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  return read.ptr == end ? number : 0;
}

}  // namespace

Instance Store::create_instance(const InstanceRequest& request, std::string_view socket_path) {
  require_name("instance_id", request.name);
  require_name("role", request.role);
  if (request.name == person_name) {
    throw Error(ErrorCode::invalid_request,
                "instance_id: '" + request.name + "' is the person at the terminal");
  }
  if (lives(request.name)) {
    throw Error(
        ErrorCode::already_exists,
        "an instance '" + request.name + "' lives already: release it or choose another name");
  }
  const ContextHead& head = take_up_context(request.name);
  Instance instance(request);
  instance.id = static_cast<std::uint64_t>(++last_id_);
  instance.socket_path = socket_path;
  instance.context = head.name;
  instance.generation = head.generation;
  instance.created_at = time_from(now_us());
  insert_instance(instance);
  begin_inbox(request, instance.id);
  if (request.wanted) {
    want_instance(request);
  } else {
    drop_wanted(request.name);
  }
  return instance;
}

void Store::insert_instance(const Instance& instance) {
  std::vector<Parameter> values{static_cast<std::int64_t>(instance.id),
                                instance.created_at.time_since_epoch().count()};
  add_texts(instance, shared_texts, values);
  add_texts(instance, living_texts, values);
  values.emplace_back(static_cast<std::int64_t>(instance.state));
  values.emplace_back(std::int64_t{instance.owned});
  if (instance.process) {
    values.emplace_back(instance.process->pid);
    values.emplace_back(static_cast<std::int64_t>(instance.process->start_ticks));
    values.emplace_back(std::string_view(instance.process->boot_id));
  } else {
    values.resize(values.size() + 3);  // NULL
  }
  database_.execute(Statement::insert_instance, values);
}

bool Store::lives(std::string_view instance) {
  bool found = false;
  database_.query(Statement::instance_exists, {instance}, [&](const Row&) { found = true; });
  return found;
}

void Store::require_living(std::string_view field, std::string_view instance) {
  require_name(field, instance);
  if (lives(instance)) return;
  throw Error(ErrorCode::not_found,
              std::string(field) + ": there is no instance '" + std::string(instance) + "'");
}

Instance Store::find_instance(std::string_view name) {
  std::optional<Instance> found;
  database_.query(Statement::instance_by_name, {name},
                  [&](const Row& row) { found = read_living(row); });
  if (!found) {
    throw Error(ErrorCode::not_found, "there is no instance '" + std::string(name) + "'");
  }
  found->generation = require_head(found->context).generation;
  return std::move(*found);
}

std::vector<Instance> Store::list_instances() {
  std::vector<Instance> instances;
  database_.query(Statement::all_instances, {},
                  [&](const Row& row) { instances.push_back(read_living(row)); });
  for (Instance& instance : instances) {
    instance.generation = require_head(instance.context).generation;
  }
  return instances;
}

Page<Instance> list_instances(Database& database, const InstanceFilter& filter) {
  Page<Instance> page;
  PageMeter meter(filter.limit, filter.most_bytes);
  std::string after = filter.after;
  const auto is_meant = [&](const Instance& instance) {
    return (filter.name.empty() || instance.name == filter.name) &&
           (filter.repo.empty() || instance.repo == filter.repo) &&
           (!filter.state || instance.state == *filter.state);
  };
  const auto ask = [&](std::size_t rows) {
    std::size_t seen = 0;
    std::string last = after;
    const auto add = [&](const Row& row) {
      Instance instance = read_living(row);
      instance.generation = static_cast<std::uint64_t>(row.integer(generation_column));
      last = instance.name;
      ++seen;
      if (!is_meant(instance)) return;
      keep(meter, filter.whole_texts, std::move(instance), page);
    };
    database.query(Statement::instances_after,
                   {std::string_view(after), static_cast<std::int64_t>(rows)}, add);
    after = last;
    return seen;
  };
  fill_page(meter, ask);
  page.more = meter.is_full();
  return page;
}

Page<Instance> list_tombstones(Database& database, const TombstoneFilter& filter) {
  Page<Instance> page;
  PageMeter meter(filter.limit, filter.most_bytes);
  auto before = filter.after == 0 ? std::numeric_limits<std::int64_t>::max()
                                  : static_cast<std::int64_t>(filter.after);
  const std::string_view name = filter.name;
  const std::string_view repo = filter.repo;
  const auto ask = [&](std::size_t rows) {
    std::size_t seen = 0;
    std::int64_t last = before;
    const auto add = [&](const Row& row) {
      Instance instance = read_tombstone(row);
      last = row.integer(0);
      ++seen;
      if (!repo.empty() && instance.repo != repo) return;
      keep(meter, filter.whole_texts, std::move(instance), page);
    };
    const auto limit = static_cast<std::int64_t>(rows);
    if (!name.empty()) {
      database.query(Statement::newest_tombstones_of_name, {name, before, limit}, add);
    } else if (!repo.empty()) {
      database.query(Statement::newest_tombstones_of_repo, {repo, before, limit}, add);
    } else {
      database.query(Statement::newest_tombstones, {before, limit}, add);
    }
    before = last;
    return seen;
  };
  fill_page(meter, ask);
  page.more = meter.is_full();
  return page;
}

std::vector<Instance> Store::list_tombstones(std::size_t limit, std::string_view name,
                                             std::string_view repo) {
  TombstoneFilter filter;
  filter.limit = limit;
  filter.name = name;
  filter.repo = repo;
  return yardmaster::list_tombstones(database_, filter).items;
}

void Store::set_instance_state(std::string_view name, InstanceState state) {
  require_living("instance_id", name);
  database_.execute(Statement::set_instance_state, {name, static_cast<std::int64_t>(state)});
}

void Store::set_instance_window(std::string_view name, std::string_view pane,
                                const ProcessIdentity& process) {
  require_living("instance_id", name);
  database_.execute(Statement::set_instance_window,
                    {name, pane, process.pid, static_cast<std::int64_t>(process.start_ticks),
                     std::string_view(process.boot_id)});
}

void Store::note_instance_ending(std::string_view name, std::string_view reason,
                                 std::string_view summary, std::string_view key) {
  require_living("instance_id", name);
  const auto stopping = static_cast<std::int64_t>(InstanceState::stopping);
  database_.execute(Statement::note_instance_ending, {name, stopping, reason, summary});
  keep_key(name, key, ending_request(reason, summary), reason);
}

bool Store::is_ending_known(std::string_view name, std::string_view reason,
                            std::string_view summary, std::string_view key) {
  return find_key(name, key, ending_request(reason, summary)).has_value();
}

void Store::set_instance_commit(std::string_view name, std::string_view commit) {
  require_living("instance_id", name);
  database_.execute(Statement::set_instance_commit, {name, commit});
}

Instance Store::end_instance(std::string_view name, const EndRecord& record) {
  Instance instance = find_instance(name);
  cancel_pending_handoffs(name);
  instance.state = InstanceState::gone;
  instance.ended_at = time_from(now_us());
  instance.end_reason = record.reason;
  instance.summary = record.summary;
  instance.exit_status = record.exit_status;
  instance.last_output = record.last_output;
  instance.rescue = record.rescue;
  const std::string rescue = joined(record.rescue);
  database_.execute(Statement::insert_tombstone,
                    {name, std::string_view(record.reason), std::string_view(record.summary),
                     std::string_view(record.exit_status), Bytes{record.last_output},
                     std::string_view(rescue), instance.ended_at.time_since_epoch().count()});
  database_.execute(Statement::delete_instance, {name});
  if (!record.keeps_wanted) drop_wanted(name);
  instance.wanted = instance.wanted && record.keeps_wanted;
  return instance;
}

std::string Store::unused_instance_name(std::string_view prefix,
                                        const std::vector<std::string>& promised) {
  require_name("role", prefix);
  const std::string base = std::string(prefix.substr(0, max_name_length - 1 - most_digits)) + "-";
  const auto known = first_numbers_.find(base);
  std::uint64_t number = known == first_numbers_.end() ? first_number(base) : known->second;
  const auto is_taken = [&](const std::string& name) {
    const bool is_promised = std::find(promised.begin(), promised.end(), name) != promised.end();
    return is_promised || find_head(name) != nullptr || lives(name);
  };
  while (is_taken(base + std::to_string(number))) ++number;
  first_numbers_[base] = number;
  return base + std::to_string(number);
}

// Looks through all names, which are kept for ever.
std::uint64_t Store::first_number(const std::string& base) {
  std::vector<std::uint64_t> taken;
  const std::string pattern = base + "%";
  database_.query(Statement::names_like, {std::string_view(pattern)}, [&](const Row& row) {
    taken.push_back(number_from(row.text(0).substr(base.size())));
  });
  std::sort(taken.begin(), taken.end());
  std::uint64_t number = 1;
  for (const std::uint64_t other : taken) {
    if (other == number) ++number;
  }
  return number;
}

}  // namespace yardmaster
