// What was synced may be there after a power cut and its name not: names are the directory's, and
// have a sync of their own. Any thread; blocks on the disk.
#pragma once

#include <filesystem>

namespace yardmaster {

// What was made, renamed and removed directly in the directory survives a power cut. Throws
// Error{storage_failed}. Nothing is done where there is no way: on file systems that cannot sync
// directories, and in one that may be written to and not be read.
void sync_directory(const std::filesystem::path& directory);

// Renames a file or directory, whose own content is the caller's to sync, for good. Throws
// Error{storage_failed}; it may have its new name then.
void rename_for_good(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes a directory and those above it that are missing, for good. Throws
// std::filesystem::filesystem_error, and what sync_directory() throws.
void make_directories_for_good(const std::filesystem::path& directory);

}  // namespace yardmaster
