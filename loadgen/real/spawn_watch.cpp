#include "loadgen/real/spawn_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace yardmaster::loadgen {

// Fields 11 and 13, counted behind the name, which may hold anything.
std::uint64_t reaped_faults_in(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return 0;
  std::istringstream fields{std::string(stat.substr(name_end + 1))};
  std::string skipped;
  for (int field = 3; field < 11; ++field) fields >> skipped;
  std::uint64_t minor = 0;
  std::uint64_t major = 0;
  fields >> minor >> skipped >> major;
  return minor + major;
}

SpawnMark spawn_mark_of(pid_t process) {
  namespace fs = std::filesystem;
  const fs::path directory = fs::path("/proc") / std::to_string(process);
  SpawnMark mark;
  std::error_code failure;
  for (fs::directory_iterator at(directory / "task", failure), end; !failure && at != end;
       at.increment(failure)) {
    std::ifstream children(at->path() / "children");
    for (pid_t child = 0; children >> child;) mark.children.insert(child);
  }
  const std::ifstream stat(directory / "stat");
  std::ostringstream text;
  text << stat.rdbuf();  // empty when the process has ended
  mark.reaped = reaped_faults_in(text.str());
  return mark;
}

std::uint64_t spawned_between(const SpawnMark& before, const SpawnMark& after) {
  const auto is_new = [&](pid_t child) { return !before.children.contains(child); };
  const auto living = std::count_if(after.children.begin(), after.children.end(), is_new);
  // Children that were there before may have been reaped meanwhile without being new ones.
  const auto were_there =
      std::count_if(before.children.begin(), before.children.end(),
                    [&](pid_t child) { return !after.children.contains(child); });
  const bool has_reaped_others = after.reaped > before.reaped && were_there == 0;
  return static_cast<std::uint64_t>(living) + (has_reaped_others ? 1 : 0);
}

}  // namespace yardmaster::loadgen
