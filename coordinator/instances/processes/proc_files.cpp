#include "coordinator/instances/processes/proc_files.h"

#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {
namespace {

constexpr std::uint64_t kernel_thread_flag = 0x00200000;  // PF_KTHREAD

std::string read_whole(const std::string& path) {
  std::string text;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return text;
  std::array<char, 16384> buffer{};
  ssize_t got = 0;
  while ((got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// Takes a number and the space behind it off the text.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> to_pid(std::string_view name) {
  std::int64_t pid = 0;
  if (!take_number(name, pid) || !name.empty()) return std::nullopt;
  return pid;
}

}  // namespace

// The second field is the program's name in parentheses and may hold anything, so that counting
// begins after the last one: state (3), parent, group, session (6), terminal, its group, flags (9),
// … start time (22).
std::optional<ProcStat> read_proc_stat(std::int64_t pid) {
  const std::string text = read_proc_file(pid, "stat");
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos || text.size() < name_end + 4) return std::nullopt;
  std::string_view fields = std::string_view(text).substr(name_end + 4);  // behind the state
  std::array<std::int64_t, 19> values{};                                  // from field 4
  for (std::int64_t& value : values) {
    if (!take_number(fields, value)) return std::nullopt;
  }
  ProcStat stat;
  stat.pid = pid;
  const char state = text[name_end + 2];
  stat.is_zombie = state == 'Z' || state == 'X';
  stat.parent = values[0];
  stat.group = values[1];
  stat.session = values[2];
  stat.terminal_group = values[4];
  stat.is_kernel_thread = (static_cast<std::uint64_t>(values[5]) & kernel_thread_flag) != 0;
  stat.start_ticks = static_cast<std::uint64_t>(values[18]);
  return stat;
}

std::string read_proc_file(std::int64_t pid, const char* name) {
  return read_whole("/proc/" + std::to_string(pid) + "/" + name);
}

std::vector<std::int64_t> list_processes() {
  std::vector<std::int64_t> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), &::closedir);
  if (!directory) return pids;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (const auto pid = to_pid(&entry->d_name[0])) pids.push_back(*pid);
  }
  return pids;
}

std::int64_t read_last_pid() {
  const std::string text = read_whole("/proc/loadavg");
  const std::size_t space = text.rfind(' ');
  if (space == std::string::npos) return 0;
  return to_pid(std::string_view(text).substr(space + 1, text.find('\n') - space - 1)).value_or(0);
}

}  // namespace yardmaster
