// Locks of our refs that nobody holds any more: git removes its own when it is told to end, but not
// in the moment between making the file and noting that it did. Blocking: for a worker.
#pragma once

#include <filesystem>
#include <string_view>

namespace yardmaster {

// The lock that git could not take, by what it said; empty when it said nothing of one.
std::filesystem::path lock_named_in(std::string_view errors);

// Removes it when it is the lock of one of our refs (instances' branches, refs/yardmaster) and no
// git runs that is older, so that whoever made it has surely ended. True when it is gone.
bool remove_stale_lock(const std::filesystem::path& common, const std::filesystem::path& lock);

}  // namespace yardmaster
