// SQLite's file layer (https://sqlite.org/vfs.html) with a log of what it does to the files of one
// directory: every write, truncation, sync, creation and removal, and every sync of the directory,
// in their order. What a power cut could leave of it is for PowerCutDisk to say.
//
// It is the default VFS for as long as it lives, and one lives at a time. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace yardmaster::support {

struct DiskEvent {
  enum class Kind { create, write, truncate, sync, remove, sync_directory, note };

  Kind kind;
  std::string file = {};    // its name in the directory
  std::int64_t offset = 0;  // of a write; the size after a truncation; what a note says
  std::string data = {};    // of a write
};

class RecordingVfs {
 public:
  RecordingVfs();
  ~RecordingVfs();
  RecordingVfs(const RecordingVfs&) = delete;
  RecordingVfs& operator=(const RecordingVfs&) = delete;

  // From now on, files in this directory are recorded. Before and after, nothing is, and syncs do
  // nothing.
  void record(const std::filesystem::path& directory);
  std::vector<DiskEvent> take();
  // Puts a word of the test's own between the events.
  void note(std::int64_t number);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yardmaster::support
