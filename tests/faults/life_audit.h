// The audit finds whether any file is lost that an agent has said to have written: it has to be in
// the agent's worktree while that lives, and then in what was saved of it, whole. Main thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "loadgen/real/agent_work.h"
#include "tests/faults/real_yard.h"

namespace yardmaster::support {

class LifeAudit {
 public:
  explicit LifeAudit(const RealYard& yard) : yard_(yard) {}

  // Looks up everything that every agent has said, of those that ended for the last time; must be
  // called when daemon and outside agree. Returns what is lost, one sentence each.
  std::vector<std::string> check();

  std::uint64_t lives() const { return lives_; }  // that ended
  std::uint64_t files() const { return files_; }  // that they had said

 private:
  struct Life {
    std::string instance;
    std::string journal;  // the file's name
    std::vector<loadgen::JournalEntry> said;
  };

  void check_living(const Life& life, const std::filesystem::path& worktree);
  void check_ended(const Life& life);
  std::vector<std::string> fresh_refs(const std::string& instance);
  bool is_kept(const Life& life, const loadgen::JournalEntry& said) const;

  const RealYard& yard_;
  std::set<std::string> done_;                             // journals
  std::map<std::string, std::set<std::string>> known_;     // refs by instance
  std::map<std::string, std::vector<std::string>> fresh_;  // in this look
  std::vector<std::string> lost_;
  std::uint64_t lives_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace yardmaster::support
