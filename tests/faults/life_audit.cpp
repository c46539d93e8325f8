#include "tests/faults/life_audit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "loadgen/real/rescue_audit.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;

bool holds(const std::optional<std::string>& text, const loadgen::JournalEntry& said) {
  if (!text) return false;
  if (said.is_whole_file) return *text == loadgen::work_text(said.path);
  return text->find(said.line + "\n") != std::string::npos;
}

std::optional<std::string> file_at(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  return read_file(path);
}

}  // namespace

std::vector<std::string> LifeAudit::check() {
  lost_.clear();
  fresh_.clear();
  std::map<std::string, fs::path> living;  // worktrees by the journal's name
  for (const auto& instance : yard_.instances()) {
    const auto name = instance.at("instance_id").get<std::string>();
    living[name + "." + std::to_string(instance.at("pid").get<pid_t>())] =
        instance.at("worktree_path").get<std::string>();
  }
  for (const auto& journal : loadgen::entries_of(yard_.journals())) {
    if (done_.contains(journal)) continue;
    const Life life{.instance = journal.substr(0, journal.rfind('.')),
                    .journal = journal,
                    .said = loadgen::read_journal(read_file(yard_.journals() / journal))};
    const auto found = living.find(journal);
    if (found != living.end()) {
      check_living(life, found->second);
    } else {
      check_ended(life);
    }
  }
  return std::exchange(lost_, {});
}

void LifeAudit::check_living(const Life& life, const fs::path& worktree) {
  for (const auto& said : life.said) {
    if (holds(file_at(worktree / said.path), said)) continue;
    lost_.push_back(life.journal + ", which lives, has lost " + said.path);
  }
}

// The last of all refs that came since the previous look-up and have a file decides about it; a
// line may be in any.
void LifeAudit::check_ended(const Life& life) {
  done_.insert(life.journal);
  ++lives_;
  files_ += life.said.size();
  const auto refs = fresh_refs(life.instance);
  std::vector<std::string> names;
  for (const auto& said : life.said) {
    for (const auto& ref : refs) names.push_back(ref + ":" + said.path);
  }
  const auto files = loadgen::git_files(yard_.places().repository, names);
  std::size_t next = 0;
  for (const auto& said : life.said) {
    bool found = false;
    for (std::size_t i = 0; i < refs.size(); ++i) found = holds(files[next++], said) || found;
    if (found || is_kept(life, said)) continue;
    lost_.push_back(life.journal + ", which ended, has lost " + said.path + " (" +
                    std::to_string(refs.size()) + " new rescue refs)");
  }
}

std::vector<std::string> LifeAudit::fresh_refs(const std::string& instance) {
  const auto cached = fresh_.find(instance);
  if (cached != fresh_.end()) return cached->second;
  std::vector<std::string> fresh;
  for (const auto& ref : loadgen::rescue_refs_of(yard_.places().repository, instance)) {
    if (known_[instance].insert(ref).second) fresh.push_back(ref);
  }
  return fresh_[instance] = fresh;
}

// Such a directory holds what no commit could.
bool LifeAudit::is_kept(const Life& life, const loadgen::JournalEntry& said) const {
  const fs::path kept = yard_.places().state_directory / "rescue";
  return std::ranges::any_of(loadgen::entries_of(kept), [&](const auto& name) {
    return name.starts_with(life.instance + "-") && holds(file_at(kept / name / said.path), said);
  });
}

}  // namespace yardmaster::support
