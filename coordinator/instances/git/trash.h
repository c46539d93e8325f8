// The trash holds removed worktrees until their deletion: moving a directory takes no time,
// deleting it may take long. The trash is on the worktrees' file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "coordinator/instances/processes/file_workers.h"

namespace yardmaster {

// Deletes what is in the trash, in slices, so that other work comes between on the workers' threads
// and a stop need not wait. Several may do it at once. What cannot be deleted stays.
boost::asio::awaitable<void> empty_trash(FileWorkers& workers, std::filesystem::path trash);

// Deletes a tree in the same way. What cannot be deleted stays.
boost::asio::awaitable<void> delete_tree(FileWorkers& workers, std::filesystem::path path);

// Blocking, for a worker. Moves a file or directory into a directory, which is made if need be,
// under `name` or, when that is taken, `name`-2 and so on. Returns where it is; throws Error,
// `cross_device` is set instead when the two are on different file systems.
std::filesystem::path move_into(const std::filesystem::path& path,
                                const std::filesystem::path& directory, const std::string& name,
                                bool& cross_device);

// Blocking. Deletes about `budget` files of a tree, and the tree itself when they were the last:
// true then. Directories that may not be written to are made writable.
bool delete_some(const std::filesystem::path& path, std::size_t budget);

// Returns what a tree takes on the disk. Blocking.
std::uint64_t disk_usage(const std::filesystem::path& path);

}  // namespace yardmaster
