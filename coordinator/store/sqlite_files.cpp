// The part of SqliteDatabase that looks whether its files are still there.
#include <string>

#include <sys/stat.h>

#include "coordinator/base/durable_names.h"
#include "coordinator/base/error.h"
#include "coordinator/store/sqlite_database.h"

namespace yardmaster {
namespace {

bool is_file_at(const struct stat& open_file, const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && found.st_ino == open_file.st_ino &&
         found.st_dev == open_file.st_dev;
}

std::filesystem::path free_name(const std::filesystem::path& wanted) {
  std::filesystem::path name = wanted;
  for (int i = 2; std::filesystem::exists(name); ++i) name = wanted.native() + std::to_string(i);
  return name;
}

}  // namespace

bool SqliteDatabase::has_its_files() const {
  int moved = 0;
  sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) return false;
  struct stat log {};
  if (!log_ || ::fstat(log_.get(), &log) != 0) return true;
  return is_file_at(log, file_.string() + "-wal");
}

// What is written into a file that has been removed or replaced is gone with the process: so
// nothing is, and what is there so far is copied to where it can be found.
void SqliteDatabase::require_files() {
  if (lost_.empty() && has_its_files()) return;
  if (lost_.empty()) lost_ = save_what_was_lost();
  throw Error(ErrorCode::storage_failed, lost_);
}

std::string SqliteDatabase::save_what_was_lost() {
  const std::string what = file_.string() +
                           " or its -wal was removed or replaced while it was in use; nothing is "
                           "written any more";
  try {
    const std::filesystem::path copy = free_name(file_.native() + ".saved");
    backup(copy);
    sync_directory(copy.parent_path());
    return what + ". All that was written is in " + copy.string() +
           ": stop the daemon, remove what is left of " + file_.filename().string() +
           "*, move the copy to " + file_.string() + ", and start again";
  } catch (const std::exception& error) {
    return what + ", and what was written could not be saved: " + error.what();
  }
}

}  // namespace yardmaster
