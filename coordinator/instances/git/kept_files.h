// Directories of instances that are kept as they were, since no commit could hold all that is in
// them. Blocking: for a worker. Throws Error.
//
// A directory <kept_files>/<instance>-<time> has a note <instance>-<time>.json beside it, unless
// the disk was full. When kept_files is on another file system than the worktrees, both are in
// `.kept` beside the trash instead, so that nothing has to be copied when a disk may be full.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/base/clock.h"

namespace yardmaster {

struct KeptPlaces {
  std::filesystem::path kept_files;
  std::filesystem::path trash;
};

struct KeptNote {
  std::string repository;
  std::string instance;
  std::string branch;
  std::string commit;  // that was checked out
  std::string why;
  WallTime time{};
};

struct KeptDirectory {
  std::filesystem::path directory;
  KeptNote note;
};

// Moves it there; returns where it is now.
std::filesystem::path keep_directory(const std::filesystem::path& directory,
                                     const KeptPlaces& places, const KeptNote& note);
// For a directory without a readable note, instance and time are taken from its name.
std::vector<KeptDirectory> list_kept(const KeptPlaces& places);

}  // namespace yardmaster
