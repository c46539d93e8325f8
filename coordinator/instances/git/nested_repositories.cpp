#include "coordinator/instances/git/nested_repositories.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <system_error>

#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto search_patience = std::chrono::minutes(5);

bool has_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_git_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path / "HEAD", ignored)) &&
         (has_directory(path / "objects") || fs::exists(path / "commondir", ignored));
}

bool lies_in_git_directory(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".git"; });
}

// Blocking. The repository that a file or directory called .git or HEAD is a part of; "": of none.
fs::path repository_of(const fs::path& top, const fs::path& hit, const fs::path& own) {
  fs::path directory = hit.parent_path();
  if (lies_in_git_directory(directory)) return {};
  if (hit.filename() == "HEAD") {
    const fs::path bare = top / directory;
    return is_git_directory(bare) && has_directory(bare / "refs") ? directory : fs::path();
  }
  if (is_git_directory(top / hit)) return directory;
  const fs::path link = read_git_link(top / directory);
  if (link.empty() || (!own.empty() && is_within(link, own))) return {};
  return is_git_directory(link) ? directory : fs::path();
}

// Blocking. `list` has a zero behind each.
std::vector<fs::path> repositories_in(const fs::path& top, const fs::path& own,
                                      std::string_view list) {
  std::set<fs::path> found;
  while (!list.empty()) {
    const std::string_view hit = list.substr(0, list.find('\0'));
    const fs::path repository = repository_of(top, hit, own);
    if (!repository.empty()) found.insert(repository);
    list.remove_prefix(std::min(hit.size() + 1, list.size()));
  }
  return {found.begin(), found.end()};
}

// `path` as it is called when what was at `before` is at `now`.
fs::path moved(const fs::path& path, const fs::path& before, const fs::path& now) {
  const auto [rest, end] = std::mismatch(path.begin(), path.end(), before.begin(), before.end());
  if (end != before.end()) return path;
  fs::path result = now;
  for (auto part = rest; part != path.end(); ++part) result /= *part;
  return result;
}

}  // namespace

asio::awaitable<NestedRepositories> find_nested_repositories(GitProgram& git, FileWorkers& workers,
                                                             fs::path top, fs::path own) {
  ProgramCall call;
  call.argv = {"find", top.string(), "-mindepth", "2", "(",       "-name", ".git",
               "-o",   "-name",      "HEAD",      ")", "-printf", "%P\\0"};
  call.environment.emplace_back("LC_ALL", "C");
  call.timeout = search_patience;
  const ProgramResult result = co_await git.run_once(std::move(call));
  std::function<std::vector<fs::path>()> sort_out = [top, own, list = result.output] {
    return repositories_in(top, own, list);
  };
  NestedRepositories nested;
  nested.found = co_await workers.run(std::move(sort_out), top.string());
  nested.unread = !result.succeeded();
  co_return nested;
}

void mend_links(const fs::path& before, const fs::path& now, const std::vector<fs::path>& nested) {
  for (const fs::path& path : nested) {
    const fs::path link = read_git_link(now / path);
    if (link.empty()) continue;
    const fs::path admin = moved(link, before, now);
    std::error_code ignored;
    if (!fs::is_regular_file(admin / "gitdir", ignored)) continue;
    try {
      write_small_file(admin / "gitdir", (now / path / ".git").string() + "\n");
      if (admin != link) write_small_file(now / path / ".git", "gitdir: " + admin.string() + "\n");
    } catch (const std::exception&) {
      // Its files are kept all the same.
    }
  }
}

}  // namespace yardmaster
