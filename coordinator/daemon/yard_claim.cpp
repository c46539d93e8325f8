#include "coordinator/daemon/yard_claim.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/daemon/place_watch.h"
#include "coordinator/instances/processes/instance_token.h"
#include "coordinator/instances/processes/process.h"
#include "coordinator/instances/tmux/server_socket.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

// A server that cannot be asked whether it is there is not known to be there.
bool has_tmux_server(const fs::path& runtime_dir) {
  try {
    const Paths paths{{}, runtime_dir};
    return probe_server(paths.tmux_socket()) != ServerPresence::absent;
  } catch (const Error&) {
    return false;
  }
}

// Copies that a daemon made of a database that was removed under it.
std::string saved_copies(const fs::path& database) {
  std::string found;
  std::error_code failure;
  for (fs::directory_iterator it(database.parent_path(), failure), end; !failure && it != end;
       it.increment(failure)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(database.filename().string() + ".saved")) {
      found = " (" + it->path().string() + " is one)";
    }
  }
  return found;
}

}  // namespace

YardClaim::YardClaim(const Config& config, bool force)
    : config_(config),
      paths_(config.paths()),
      force_(force),
      record_(read_yard_record(paths_.state_dir)) {
  refuse_copy();
  living_ = find_living_agents(record_ ? record_->token_prefix
                                       : nameless_token_prefix(paths_.state_dir.string()));
  refuse_moved();
  refuse_other_sockets();
  refuse_other_store();
  refuse_lost_database();
  refuse_taken_sockets();
}

void YardClaim::refuse(const std::string& what, const std::string& remedy) {
  if (!force_) throw Error(ErrorCode::conflict, what + ": " + remedy);
  notes_.push_back("forced to start though " + what);
}

void YardClaim::refuse_copy() const {
  if (!record_ || is_same_directory(record_->state_dir, paths_.state_dir)) return;
  std::optional<YardRecord> there;
  try {
    there = read_yard_record(record_->state_dir);
  } catch (const Error&) {
    return;
  }
  if (!there || there->id != record_->id) return;
  throw Error(ErrorCode::conflict,
              paths_.state_dir.string() + " is a copy of the yard in " +
                  record_->state_dir.string() +
                  ", whose agents, worktrees and clones are that one's: start that one, or choose "
                  "an empty state directory");
}

void YardClaim::refuse_moved() {
  if (!record_ || is_same_directory(record_->state_dir, paths_.state_dir)) return;
  const std::string from = record_->state_dir.string();
  notes_.push_back("the state directory was " + from + " before");
  if (living_.empty()) return;
  refuse("the state directory was moved from " + from +
             ", where agents of it still work: " + names_of(living_),
         "move it back, or end them (work is saved where it can be found) with --force");
}

void YardClaim::refuse_other_sockets() {
  std::vector<LivingAgent> elsewhere;
  for (const LivingAgent& agent : living_) {
    const bool known = !agent.runtime_dir.empty();
    if (known && !is_same_directory(agent.runtime_dir, paths_.runtime_dir)) {
      elsewhere.push_back(agent);
    }
  }
  const bool moved = record_ && !is_same_directory(record_->runtime_dir, paths_.runtime_dir);
  const bool has_server = moved && has_tmux_server(record_->runtime_dir);
  if (elsewhere.empty() && !has_server) return;
  const fs::path old = elsewhere.empty() ? record_->runtime_dir : elsewhere.front().runtime_dir;
  const std::string whose = elsewhere.empty() ? "the tmux server of this yard runs"
                                              : "agents of this yard live, " + names_of(elsewhere);
  refuse(whose + ", with the sockets in " + old.string(),
         "start with --runtime-dir " + shell_quote(old.string()) +
             ", or end them (work is saved) with --force");
  abandoned_tmux_ = Paths{{}, old}.tmux_socket();
}

void YardClaim::refuse_other_store() {
  if (!record_ || record_->store == config_.store) return;
  const std::string before = record_->store + " (" + record_->location + ")";
  notes_.push_back("the store was " + before + " before");
  if (living_.empty()) return;
  refuse("agents of this yard live, " + names_of(living_) + ", and are recorded in " + before,
         "start with --store " + record_->store + ", or end them with --force");
}

void YardClaim::refuse_lost_database() {
  if (config_.store_kind() != StoreKind::sqlite || fs::exists(paths_.database())) return;
  const bool had_one =
      record_ ? store_kind_from(record_->store) == StoreKind::sqlite : !living_.empty();
  if (!had_one) return;
  std::string what = paths_.database().string() + " is gone, and with it all that this yard knew";
  if (!living_.empty()) what += "; agents of it live, " + names_of(living_);
  refuse(what, "restore a backup in its place" + saved_copies(paths_.database()) +
                   ", or begin anew (what lives is ended) with --force");
}

// Without a mark, since it was removed or never made, it may be ours if we had it, and if we began
// before there were marks.
bool YardClaim::is_ours(const std::optional<YardRecord>& owner) const {
  if (owner) {
    return (record_ && owner->id == record_->id) ||
           is_same_directory(owner->state_dir, paths_.state_dir);
  }
  if (record_) return is_same_directory(record_->runtime_dir, paths_.runtime_dir);
  return fs::exists(paths_.database()) || !living_.empty();
}

// Two yards in one runtime directory would end each other's windows.
void YardClaim::refuse_taken_sockets() const {
  const std::optional<YardRecord> owner = read_runtime_mark(paths_.runtime_dir);
  if (is_ours(owner) || !has_tmux_server(paths_.runtime_dir)) return;
  const std::string whose =
      owner ? "the yard in " + owner->state_dir.string() : std::string("another yard");
  throw Error(ErrorCode::conflict, paths_.runtime_dir.string() + " holds the sockets of " + whose +
                                       ", whose tmux server runs: choose another --runtime-dir, "
                                       "or end that yard with 'yardmaster stop-all'");
}

YardRecord YardClaim::confirm(Store& store) {
  YardRecord record;
  const std::uint64_t stored = store.yard_id();
  try {
    compare(store, stored);
    const std::vector<Instance> instances = store.list_instances();
    record.id = record_ ? record_->id : stored != 0 ? stored : new_yard_id();
    record.token_prefix = token_prefix_for(record.id, stored == 0 && !instances.empty());
    refuse_foreign_agents(instances, record.token_prefix);
  } catch (const Error&) {
    // As it was: nothing of it was used.
    if (store.recovery().clean) store.write_out_tail();
    throw;
  }
  record.state_dir = paths_.state_dir;
  record.runtime_dir = paths_.runtime_dir;
  record.store = config_.store;
  record.location = store.database().location();
  if (stored != record.id) store.set_yard_id(record.id);
  write_yard_record(record);
  write_runtime_mark(record);
  return record;
}

void YardClaim::compare(Store& store, std::uint64_t stored) {
  if (!record_ || stored == record_->id) return;
  const std::string location = store.database().location();
  if (stored != 0) {
    throw Error(ErrorCode::conflict,
                location + " is the database of another yard (" + yard_name(stored) +
                    "; this one is " + yard_name(record_->id) +
                    "): choose another database or state directory; to make this state directory "
                    "that yard's, remove its yard.json");
  }
  const bool same = record_->store == config_.store && record_->location == location;
  if (!same && living_.empty()) {
    notes_.push_back("the database was " + record_->location + " before");
    return;
  }
  std::string what = same ? location + " holds nothing of this yard any more"
                          : "this yard is recorded in " + record_->location;
  if (!living_.empty()) what += "; agents of it live, " + names_of(living_);
  refuse(what, same ? "restore a backup, or begin anew (what lives is ended) with --force"
                    : "start on that database, or end them with --force");
}

std::string YardClaim::token_prefix_for(std::uint64_t id, bool has_older_instances) const {
  if (record_) return record_->token_prefix;
  const std::string state_dir = paths_.state_dir.string();
  const std::string prefix = token_prefix(state_dir, yard_name(id));
  const bool older = has_older_instances ||
                     std::any_of(living_.begin(), living_.end(), [&](const LivingAgent& agent) {
                       return !agent.token.starts_with(prefix);
                     });
  return older ? nameless_token_prefix(state_dir) : prefix;
}

// A backup, or a copy of the state directory, may name the agents of the yard that it came from.
void YardClaim::refuse_foreign_agents(const std::vector<Instance>& instances,
                                      const std::string& prefix) {
  for (const Instance& instance : instances) {
    if (!instance.process || (instance.owned & owns_processes) == 0) continue;
    if (!probe_process(*instance.process).handle) continue;
    const std::string token = token_of_process(instance.process->pid);
    if (token.empty() || token == instance_token(prefix, instance.id)) continue;
    const std::string pid = std::to_string(instance.process->pid);
    throw Error(ErrorCode::conflict,
                "'" + instance.name + "' (pid " + pid + ") lives in another yard (its token is " +
                    token + "), of which this is a copy: start that one, or end its agents first");
  }
}

YardClaim claim_yard(const Config& config, bool force) {
  YardClaim claim(config, force);
  make_runtime_directory(config);
  return claim;
}

}  // namespace yardmaster
