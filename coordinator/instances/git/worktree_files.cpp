#include "coordinator/instances/git/worktree_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/own_refs.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/git/file_errors.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

// What is no small file is not git's: an agent may have put anything there.
constexpr std::size_t most_of_a_small_file = std::size_t{4} << 20U;
constexpr std::size_t most_of_packed_refs = std::size_t{1} << 30U;
constexpr std::size_t longest_ref_line = 4096;

// Gives the text of a regular file; nothing of a pipe, a device or a larger file. Opening a pipe
// does not wait for its other end.
template <class Take>
void read_pieces(const fs::path& file, std::size_t most, Take take) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat found {};
  if (!descriptor || ::fstat(descriptor.get(), &found) != 0 || !S_ISREG(found.st_mode)) return;
  if (std::cmp_greater(found.st_size, most)) return;
  std::array<char, 65536> buffer{};
  std::size_t taken = 0;
  while (taken <= most) {  // it may grow meanwhile
    const ssize_t count = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    taken += static_cast<std::size_t>(count);
    take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

std::string first_line(const fs::path& file) {
  std::string text = read_small_file(file);
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

// Of a file that holds a path, which may have lines of its own.
std::string path_text(const fs::path& file) {
  std::string text = read_small_file(file);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// The path in a file such as gitdir or .git, which may be relative to `base`.
fs::path path_in(const std::string& line, const fs::path& base) {
  if (line.empty()) return {};
  return (base / line).lexically_normal();
}

bool is_commit(const std::string& text) {
  const bool hex =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  return hex && text.size() >= 40 && text.find_first_not_of('0') != std::string::npos;
}

// None, and no failure, of what is not there or no directory.
std::vector<fs::path> entries_of(const fs::path& directory, std::error_code& failure) {
  std::vector<fs::path> result;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    result.push_back(entry->path());
  }
  const bool none =
      failure == std::errc::no_such_file_or_directory || failure == std::errc::not_a_directory;
  if (none) failure.clear();
  return result;
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::error_code failure;
  std::vector<fs::path> result = entries_of(directory, failure);
  if (failure) throw file_error("cannot read '" + directory.string() + "'", failure);
  return result;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// This check is for places where a wrong no would lose something.
bool is_there_for_certain(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::symlink_status(path, failure);
  if (status.type() == fs::file_type::none) {
    throw file_error("cannot look at '" + path.string() + "'", failure);
  }
  return fs::exists(status);
}

bool has_files_besides_git(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_directory(fs::symlink_status(path, failure))) return is_there(path);
  const std::vector<fs::path> entries = entries_of(path, failure);
  if (failure) return true;
  return std::any_of(entries.begin(), entries.end(), [](const fs::path& entry) {
    std::error_code unread;
    return entry.filename() != ".git" || !fs::is_regular_file(fs::symlink_status(entry, unread));
  });
}

fs::path worktree_of(const fs::path& admin) {
  return path_in(path_text(admin / "gitdir"), admin).parent_path();
}

// git numbers the directories of worktrees whose last components are the same: x, x1, x2.
bool is_named_after(const fs::path& admin, const std::string& name) {
  const std::string found = admin.filename();
  return found.starts_with(name) &&
         std::all_of(found.begin() + static_cast<std::ptrdiff_t>(name.size()), found.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

void find_admin(const fs::path& common, WorktreeFacts& facts) {
  for (const fs::path& admin : entries_of(common / "worktrees")) {
    if (is_there_for_certain(admin / "gitdir")) {
      const fs::path worktree = worktree_of(admin);
      if (worktree == facts.path || resolved(worktree) == facts.path) facts.admin = admin;
    } else if (is_named_after(admin, facts.path.filename())) {
      facts.fragments.push_back(admin);
    }
  }
}

void read_head(WorktreeFacts& facts) {
  const std::string head = first_line(facts.admin / "HEAD");
  const std::string prefix = "ref: refs/heads/";
  if (head.starts_with(prefix)) facts.branch = head.substr(prefix.size());
  if (is_commit(head)) facts.tips.push_back(head);
  for (const char* aside :
       {"rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH"}) {
    const std::string commit = first_line(facts.admin / aside);
    if (is_commit(commit)) facts.tips.push_back(commit);
  }
}

// Names of submodules may have slashes, and submodules may have submodules. What cannot be read
// counts as one, so that it is kept.
void find_submodules(const fs::path& directory, std::vector<fs::path>& found) {
  std::error_code failure;
  const std::vector<fs::path> entries = entries_of(directory, failure);
  if (failure) found.push_back(directory);
  for (const fs::path& entry : entries) {
    std::error_code ignored;
    if (!fs::is_directory(fs::symlink_status(entry, ignored))) continue;
    const bool repository = is_there(entry / "HEAD") && is_there(entry / "objects");
    if (repository) found.push_back(entry);
    find_submodules(repository ? entry / "modules" : entry, found);
  }
}

// "<commit> refs/…" on each line, but for comments and for what annotated tags point to.
void find_packed(const fs::path& common, const std::string& prefix,
                 std::vector<std::string>& found) {
  const auto take = [&](const std::string& line) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || line.compare(space + 1, prefix.size(), prefix) != 0) return;
    found.push_back(line.substr(space + 1 + prefix.size()));
  };
  std::string line;
  read_pieces(common / "packed-refs", most_of_packed_refs, [&](std::string_view piece) {
    for (const char c : piece) {
      if (c != '\n' && line.size() < longest_ref_line) line += c;
      if (c == '\n') take(std::exchange(line, {}));
    }
  });
  take(line);
}

bool is_checked_out_in(const fs::path& git_directory, const std::string& branch, bool& certain) {
  const std::string head = first_line(git_directory / "HEAD");
  // A repository that keeps its refs in a table and not in files has this HEAD.
  if (head == "ref: refs/heads/.invalid") certain = false;
  return head == "ref: refs/heads/" + branch;
}

}  // namespace

std::optional<fs::path> find_common_directory(const fs::path& repository) {
  fs::path git = repository / ".git";
  std::error_code ignored;
  if (fs::is_directory(git, ignored)) return git;
  const fs::path linked = read_git_link(repository);
  const fs::path directory = linked.empty() ? repository : linked;
  if (!is_there(directory / "HEAD")) return std::nullopt;
  const std::string common = path_text(directory / "commondir");
  const fs::path result = common.empty() ? directory : path_in(common, directory);
  if (!is_there(result / "objects")) return std::nullopt;
  return result.has_filename() ? result : result.parent_path();
}

WorktreeFacts read_directory(const fs::path& path) {
  WorktreeFacts facts;
  facts.path = resolved(path);
  facts.exists = is_there_for_certain(facts.path);
  facts.has_files = facts.exists && has_files_besides_git(facts.path);
  return facts;
}

WorktreeFacts read_worktree(const fs::path& common, const fs::path& path) {
  WorktreeFacts facts = read_directory(path);
  find_admin(common, facts);
  if (facts.admin.empty()) return facts;
  const fs::path link = read_git_link(facts.path);
  facts.intact = !link.empty() &&
                 (link == facts.admin || resolved(link) == resolved(facts.admin)) &&
                 !first_line(facts.admin / "HEAD").empty() && is_there(facts.admin / "commondir");
  facts.has_index = is_there(facts.admin / "index");
  facts.has_exclude = is_there(facts.admin / exclude_file);
  facts.unfinished = is_there(facts.admin / unfinished_file);
  read_head(facts);
  find_submodules(facts.admin / "modules", facts.submodules);
  return facts;
}

BranchFacts read_branch(const fs::path& common, const fs::path& admin, const std::string& branch) {
  BranchFacts facts;
  facts.commit = first_line(common / "refs/heads" / branch);
  facts.made_by_us = is_there(common / branch_marker(branch));
  facts.certain = is_commit(facts.commit) && facts.made_by_us;
  facts.used_elsewhere = is_checked_out_in(common, branch, facts.certain);
  for (const fs::path& other : entries_of(common / "worktrees")) {
    if (other != admin && is_checked_out_in(other, branch, facts.certain)) {
      facts.used_elsewhere = true;
    }
  }
  facts.configured =
      read_small_file(common / "config").find("[branch \"" + branch + "\"]") != std::string::npos;
  return facts;
}

std::vector<Registration> registered_worktrees(const fs::path& common) {
  std::vector<Registration> result;
  for (const fs::path& admin : entries_of(common / "worktrees")) {
    fs::path worktree = worktree_of(admin);
    if (!worktree.empty()) result.push_back({std::move(worktree), is_there(admin / exclude_file)});
  }
  return result;
}

std::vector<fs::path> registered_within(const fs::path& common, const fs::path& directory) {
  std::vector<fs::path> found;
  for (const Registration& registration : registered_worktrees(common)) {
    const fs::path worktree = resolved(registration.worktree);
    if (worktree != resolved(directory) && is_within(worktree, directory))
      found.push_back(worktree);
  }
  return found;
}

bool is_of_another_yard(const fs::path& common, const fs::path& path) {
  const std::string name = path.filename();
  return std::ranges::any_of(entries_of(common / "worktrees"), [&](const fs::path& admin) {
    if (!is_named_after(admin, name) || !is_there(admin / exclude_file)) return false;
    const fs::path worktree = worktree_of(admin);
    return worktree.filename() == name && resolved(worktree) != resolved(path);
  });
}

std::vector<std::string> marked_branches(const fs::path& common, const std::string& folder) {
  const std::string prefix = branch_marker(folder) + "/";
  std::vector<std::string> found;
  find_packed(common, prefix, found);
  for (const fs::path& entry : entries_of(common / prefix)) {
    if (entry.extension() != ".lock") found.push_back(entry.filename());
  }
  return found;
}

fs::path read_git_link(const fs::path& worktree) {
  const fs::path file = worktree / ".git";
  std::error_code ignored;
  if (!fs::is_regular_file(fs::symlink_status(file, ignored))) return {};
  const std::string line = path_text(file);
  const std::string prefix = "gitdir: ";
  return line.starts_with(prefix) ? path_in(line.substr(prefix.size()), worktree) : fs::path();
}

std::string branch_marker(const std::string& branch) {
  return std::string(branch_mark_namespace) + branch;
}

fs::path resolved(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  const fs::path whole = normal.has_filename() ? normal : normal.parent_path();
  std::error_code failure;
  const fs::path parent = fs::weakly_canonical(whole.parent_path(), failure);
  return failure ? whole : parent / whole.filename();
}

bool is_within(const fs::path& path, const fs::path& directory) {
  const fs::path inner = resolved(path);
  const fs::path outer = resolved(directory);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

void remove_admin_directory(const fs::path& admin) {
  std::error_code failure;
  for (const fs::path& entry : entries_of(admin)) {
    if (entry.filename() != "gitdir") fs::remove_all(entry, failure);
    if (failure) throw file_error("cannot remove '" + entry.string() + "'", failure);
  }
  fs::remove_all(admin, failure);
  if (failure) throw file_error("cannot remove '" + admin.string() + "'", failure);
  // Git removes this directory with the last worktree, too; the call fails when there are others.
  fs::remove(admin.parent_path(), failure);
}

void remove_fragment(const fs::path& fragment) {
  if (!is_there_for_certain(fragment / "gitdir")) remove_admin_directory(fragment);
}

std::string read_small_file(const fs::path& file) {
  std::string text;
  read_pieces(file, most_of_a_small_file, [&](std::string_view piece) { text += piece; });
  return text;
}

void write_small_file(const fs::path& file, std::string_view text) {
  const auto fail = [&file](int reason) {
    throw file_error("cannot write '" + file.string() + "'",
                     std::error_code(reason, std::generic_category()));
  };
  const UniqueFd descriptor(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666));
  struct stat found {};
  if (!descriptor || ::fstat(descriptor.get(), &found) != 0) fail(errno);
  if (!S_ISREG(found.st_mode)) fail(EINVAL);
  if (::ftruncate(descriptor.get(), 0) != 0) fail(errno);
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) fail(errno);
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

}  // namespace yardmaster
