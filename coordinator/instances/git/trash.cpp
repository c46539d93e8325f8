#include "coordinator/instances/git/trash.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/git/file_errors.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::size_t slice = 500;  // files; a few milliseconds

bool is_real_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(fs::symlink_status(path, ignored));
}

// Some tools leave directories that even their owner may not write to.
void make_writable(const fs::path& directory) {
  std::error_code ignored;
  fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, ignored);
}

void remove_entry(const fs::path& path) {
  std::error_code failure;
  fs::remove(path, failure);
  if (failure == std::errc::permission_denied) {
    make_writable(path.parent_path());
    fs::remove(path, failure);
  }
  if (failure) throw file_error("cannot delete '" + path.string() + "'", failure);
}

// Moving a directory changes its entry `..`, so it must be writable.
bool rename_tree(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno != EACCES || !is_real_directory(from)) return false;
  make_writable(from);
  return ::rename(from.c_str(), to.c_str()) == 0;
}

// False once the budget is spent.
bool delete_within(const fs::path& path, std::size_t& budget) {
  if (is_real_directory(path)) {
    std::error_code failure;
    fs::directory_iterator entry(path, failure);
    if (failure == std::errc::permission_denied) {
      make_writable(path);
      entry = fs::directory_iterator(path, failure);
    }
    for (const fs::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
      if (!delete_within(entry->path(), budget)) return false;
    }
  }
  if (budget == 0) return false;
  --budget;
  remove_entry(path);
  return true;
}

// The first entry that is not among those that cannot be deleted.
fs::path next_in(const fs::path& trash, const std::set<fs::path>& stuck) {
  std::error_code failure;
  for (fs::directory_iterator entry(trash, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!stuck.contains(entry->path())) return entry->path();
  }
  return {};
}

enum class Slice { more, done, stuck };

Slice delete_slice(const fs::path& path) {
  try {
    return delete_some(path, slice) ? Slice::done : Slice::more;
  } catch (const Error&) {
    // The tree may be deeper than a path may be long, which remove_all() can delete, but not in
    // slices.
    std::error_code failure;
    fs::remove_all(path, failure);
    return failure ? Slice::stuck : Slice::done;
  }
}

// False when nothing is left to do.
bool empty_slice(const fs::path& trash, std::set<fs::path>& stuck) {
  const fs::path next = next_in(trash, stuck);
  if (next.empty()) return false;
  if (delete_slice(next) == Slice::stuck) stuck.insert(next);
  return true;
}

}  // namespace

bool delete_some(const fs::path& path, std::size_t budget) { return delete_within(path, budget); }

asio::awaitable<void> empty_trash(FileWorkers& workers, fs::path trash) {
  const auto stuck = std::make_shared<std::set<fs::path>>();
  bool more = true;
  while (more) {
    std::function<bool()> work = [trash, stuck] { return empty_slice(trash, *stuck); };
    more = co_await workers.run(std::move(work), trash.string());
  }
}

asio::awaitable<void> delete_tree(FileWorkers& workers, fs::path path) {
  bool more = true;
  while (more) {
    std::function<bool()> work = [path] { return delete_slice(path) == Slice::more; };
    more = co_await workers.run(std::move(work), path.string());
  }
}

fs::path move_into(const fs::path& path, const fs::path& directory, const std::string& name,
                   bool& cross_device) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) throw file_error("cannot make '" + directory.string() + "'", failure);
  for (int number = 1;; ++number) {
    fs::path target = directory / (number == 1 ? name : name + "-" + std::to_string(number));
    if (fs::exists(fs::symlink_status(target))) continue;
    if (rename_tree(path, target)) return target;
    if (errno == ENOTEMPTY || errno == EEXIST) continue;
    cross_device = errno == EXDEV;
    if (cross_device) return {};
    throw file_error("cannot move '" + path.string() + "' to '" + directory.string() + "'",
                     std::error_code(errno, std::generic_category()));
  }
}

std::uint64_t disk_usage(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return 0;
  std::uint64_t bytes = static_cast<std::uint64_t>(found.st_blocks) * 512;
  if (!S_ISDIR(found.st_mode)) return bytes;
  std::error_code failure;
  for (fs::directory_iterator entry(path, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    bytes += disk_usage(entry->path());
  }
  return bytes;
}

}  // namespace yardmaster
