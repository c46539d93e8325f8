#include "coordinator/instances/git/worktree_changes.h"

#include <algorithm>

namespace yardmaster {
namespace {

// "1 XY sub …": X is what is staged, Y what is not, and sub is "N..." or "S" and three flags.
void take_tracked(WorktreeChanges& changes, std::string_view entry) {
  constexpr std::size_t shortest = 9;
  if (entry.size() < shortest) return;
  if (entry[2] != '.' && entry[3] != '.') changes.staged_apart = true;
  if (entry[5] == 'S' && entry.substr(6, 3) != "...") changes.dirty_submodules = true;
}

void take_entry(WorktreeChanges& changes, std::string_view entry) {
  constexpr std::string_view head = "# branch.oid ";
  if (entry.starts_with(head) && entry != "# branch.oid (initial)") {
    changes.head = entry.substr(head.size());
  }
  if (entry.empty() || entry.front() == '#' || entry.front() == '!') return;
  changes.uncommitted = true;
  if (entry.front() == '1') take_tracked(changes, entry);
  if (entry.front() == 'u') changes.unmerged = true;
  if (entry.starts_with("? ") && entry.ends_with('/')) {
    changes.nested.emplace_back(entry.substr(2));
  }
}

}  // namespace

WorktreeChanges parse_status(std::string_view status) {
  WorktreeChanges changes;
  while (!status.empty()) {
    const std::string_view entry = status.substr(0, status.find('\0'));
    take_entry(changes, entry);
    status.remove_prefix(std::min(entry.size() + 1, status.size()));
  }
  return changes;
}

}  // namespace yardmaster
