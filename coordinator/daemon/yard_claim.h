// Whose state directory, runtime directory and database these are: what a daemon makes sure of
// before it takes anything up or ends anything. Agents that live are taken up, or the start is
// refused. On the thread that starts the daemon, under the lock of the state directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/base/config.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/instances/processes/living_agents.h"
#include "coordinator/store/store.h"

namespace yardmaster {

class YardClaim {
 public:
  // Looks; makes and opens nothing. Throws Error{conflict} that says what lives where, and what to
  // do. With `force`, agents that cannot be taken up are left to be ended, and a database that is
  // gone is begun anew; another yard's things are refused all the same.
  YardClaim(const Config& config, bool force);

  // Compares the database with what the state directory knows, and writes down in both, and in the
  // runtime directory, what holds from now on. Before anybody else uses the store. Throws
  // Error{conflict}.
  YardRecord confirm(Store& store);

  // What was forced or is new, a line each.
  const std::vector<std::string>& notes() const { return notes_; }
  // Of a tmux server that was forced to be left behind.
  const std::optional<std::filesystem::path>& abandoned_tmux() const { return abandoned_tmux_; }

 private:
  void refuse(const std::string& what, const std::string& remedy);
  void refuse_copy() const;
  void refuse_moved();
  void refuse_other_sockets();
  void refuse_other_store();
  void refuse_lost_database();
  bool is_ours(const std::optional<YardRecord>& owner) const;
  void refuse_taken_sockets() const;
  void compare(Store& store, std::uint64_t stored);
  void refuse_foreign_agents(const std::vector<Instance>& instances, const std::string& prefix);
  std::string token_prefix_for(std::uint64_t id, bool has_older_instances) const;

  const Config& config_;
  const Paths paths_;
  const bool force_;
  const std::optional<YardRecord> record_;  // of the latest start
  std::vector<LivingAgent> living_;
  std::vector<std::string> notes_;
  std::optional<std::filesystem::path> abandoned_tmux_;
};

// Claims the yard, and makes its runtime directory once it is known that this may be ours. Throws
// what both do.
YardClaim claim_yard(const Config& config, bool force);

}  // namespace yardmaster
