// The work of a simulated agent in its worktree: files that it writes, syncs, says in its journal
// and sometimes commits. What a file holds follows from its path, so that somebody else can tell
// whether it is whole. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "coordinator/base/unique_fd.h"
#include "loadgen/real/agent_options.h"

namespace yardmaster::loadgen {

// Returns what the file at this path, relative to the worktree, holds.
std::string work_text(std::string_view path);

// A line of a journal: "W PATH" for a file that was written whole, "A PATH LINE" for a line that
// was appended to a file that the repository tracks.
struct JournalEntry {
  bool is_whole_file = true;
  std::string path;
  std::string line;  // that was appended
};
// Reads a journal's text; a last line without its end does not count as said.
std::vector<JournalEntry> read_journal(std::string_view text);

class AgentWork {
 public:
  // Works in the current directory, which is the worktree. Throws Error{unavailable}.
  AgentWork(const AgentOptions& options, const std::string& instance);

  // Writes the file, whole and synced.
  void write(const std::string& path) const;
  // Writes one file more and says so in the journal; now and then also a line in a tracked file,
  // and a commit.
  void step();

 private:
  void append() const;
  void commit() const;
  void write_journal(const std::string& line) const;

  std::uint64_t commit_every_;
  UniqueFd journal_;
  std::uint64_t number_ = 0;
};

}  // namespace yardmaster::loadgen
