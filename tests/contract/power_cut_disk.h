// What a disk holds after a power cut: all that was synced, and of everything since then whatever
// it pleases. Each write may be lost, kept, or torn between sectors; each name that was made or
// taken away may be there or not until the directory is synced. The models are leveldb's
// fault_injection_test and FoundationDB's AsyncFileNonDurable. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/contract/recording_vfs.h"

namespace yardmaster::support {

enum class Fate { lost, kept, torn };

class PowerCutDisk {
 public:
  static constexpr std::size_t sector_bytes = 512;
  // Decides about a change that was not synced, by its number from the oldest on.
  using FateOf = std::function<Fate(std::size_t change)>;

  // The event's data have to outlive the disk.
  void apply(const DiskEvent& event);
  // How many changes have not been synced.
  std::size_t unsynced() const { return unsynced_.size(); }
  // The files by name. Of a torn write, each sector is kept or not as the bits of `tear` say.
  std::map<std::string, std::string> after_cut(const FateOf& fate_of, std::uint64_t tear) const;

 private:
  // One of the two: a file's, or a name's.
  struct Change {
    bool is_name = false;
    std::size_t file = 0;
    const DiskEvent* event = nullptr;
  };

  std::size_t file_named(const std::string& name) const;
  void sync(std::size_t file);
  void sync_names();

  std::vector<std::string> files_;                 // what is synced of each
  std::map<std::string, std::size_t> names_;       // as the programs see them
  std::map<std::string, std::size_t> safe_names_;  // as the directory was synced
  std::vector<Change> unsynced_;                   // the oldest first
};

}  // namespace yardmaster::support
