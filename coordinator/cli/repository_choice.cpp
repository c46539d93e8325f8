#include "coordinator/cli/repository_choice.h"

#include <algorithm>

#include "coordinator/base/error.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool looks_like_url(const std::string& target) {
  if (target.find("://") != std::string::npos) return true;
  const std::size_t colon = target.find(':');
  return colon != std::string::npos && colon > 0 && colon < target.find('/');
}

fs::path real_path(const fs::path& path) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(path, failure);
  return failure ? path.lexically_normal() : real;
}

bool is_within(const fs::path& path, const fs::path& directory) {
  if (directory.empty()) return false;
  const auto [end, ignored] =
      std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

// When one repository lies within another, the innermost around `here` is chosen.
std::string repository_around(const json& repositories, const fs::path& here,
                              const fs::path& worktrees) {
  std::string name;
  std::size_t longest = 0;
  const auto consider = [&](const json& repository, const fs::path& directory) {
    const std::size_t length = directory.native().size();
    if (!is_within(here, directory) || length < longest) return;
    name = text_of(repository, "name");
    longest = length;
  };
  for (const json& each : repositories) {
    const std::string path = text_of(each, "path");
    if (!path.empty()) consider(each, real_path(path));
    if (!worktrees.empty()) consider(each, real_path(worktrees) / text_of(each, "name"));
  }
  return name;
}

}  // namespace

RepositorySource repository_source(const std::string& target) {
  std::error_code ignored;
  if (fs::is_directory(target, ignored)) {
    fs::path path = fs::absolute(target).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "dir/" and "." end so
    return {false, path.string()};
  }
  if (looks_like_url(target)) return {true, target};
  throw Error(ErrorCode::usage, "there is no directory '" + one_line(target) +
                                    "', and it does not look like a URL: give a path to a git "
                                    "repository or what 'git clone' takes");
}

json add_repo_request(const RepositorySource& source, const std::string& name,
                      const std::string& base) {
  json request{{source.is_url ? "github_url" : "path", source.value}};
  if (!name.empty()) request["name"] = name;
  if (!base.empty()) request["base_branch"] = base;
  return request;
}

std::string choose_repository(const json& repositories, const std::string& wanted,
                              const fs::path& here, const fs::path& worktrees) {
  if (!wanted.empty()) return wanted;
  if (repositories.empty()) {
    throw Error(
        ErrorCode::usage,
        "there is no repository yet: add one with 'yardmaster repo add .' in its directory");
  }
  std::string around = repository_around(repositories, real_path(here), worktrees);
  if (!around.empty()) return around;
  if (repositories.size() == 1) return text_of(repositories.front(), "name");
  std::string names;
  for (const json& each : repositories) {
    names += (names.empty() ? "" : ", ") + text_of(each, "name");
  }
  throw Error(ErrorCode::usage,
              "which repository? Say --repo with one of " + names + ", or go into its directory");
}

}  // namespace yardmaster::cli
