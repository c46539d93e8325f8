// The git repository that real instances work in: small text files in directories, in one commit,
// the same for the same seed. Any thread; blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace yardmaster::loadgen {

// The path of the n-th file, from 0: "src/m03/file_0123.txt".
std::string work_file_path(std::uint64_t number);
// Its content: 1 to 4 kB of lines.
std::string work_file_content(std::uint64_t number, std::uint64_t seed);

// Makes it in `directory`, which is not there yet; calls `interrupted` now and then, which may
// throw. What the user has configured for git does not count. Throws Error.
void make_work_repository(const std::filesystem::path& directory, std::uint64_t files,
                          std::uint64_t seed, const std::function<void()>& interrupted);

// A git command in a repository or worktree, as somebody who configured nothing.
struct ProgramCall;
ProgramCall git_call(const std::filesystem::path& directory,
                     const std::vector<std::string>& arguments);

}  // namespace yardmaster::loadgen
