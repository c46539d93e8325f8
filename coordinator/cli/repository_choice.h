// These functions find the repository that a command means. Pure except for looking at directories;
// any thread.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// The source that add_repo is given: a URL as it is, a directory as an absolute path.
struct RepositorySource {
  bool is_url = false;
  std::string value;

  bool operator==(const RepositorySource&) const = default;
};

// The target is read as git reads it: an existing directory comes first, then anything with :// or
// with a colon before its first slash (host:path) is a URL. Throws Error{usage} when it is neither.
RepositorySource repository_source(const std::string& target);

// add_repo's arguments; what is empty is left for the daemon to choose.
nlohmann::json add_repo_request(const RepositorySource& source, const std::string& name,
                                const std::string& base);

// `wanted` when it is not empty; else the repository that `here` is in, itself or by one of its
// instances' worktrees (worktrees/<repository>/<instance>); else the only one. `repositories` as
// list_repos has them. Throws Error{usage} that names the choices.
std::string choose_repository(const nlohmann::json& repositories, const std::string& wanted,
                              const std::filesystem::path& here,
                              const std::filesystem::path& worktrees);

}  // namespace yardmaster::cli
