// Writes files into a directory that others own, and never over anything: all of them, or none.
// Blocking; one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {

class NewFiles {
 public:
  // Throws storage_failed when the directory cannot be opened.
  explicit NewFiles(const std::filesystem::path& directory);
  // Takes back what was written, unless keep() was called.
  ~NewFiles();
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;

  // `path` is NAME or FOLDER/NAME; the folder is made where it is missing. False when something is
  // in the way: a link or file for the folder, or a file with another content. Throws storage_full
  // or storage_failed.
  bool write(const std::string& path, const std::string& text);
  void keep() { kept_ = true; }

 private:
  // -1 when something else stands in the folder's place.
  UniqueFd open_folder(const std::string& folder);
  [[noreturn]] void fail(const std::string& path, int error) const;

  std::filesystem::path directory_;
  UniqueFd root_;
  std::vector<std::string> files_;    // that this made
  std::vector<std::string> folders_;  // that this made
  bool kept_ = false;
};

}  // namespace yardmaster
