#include "coordinator/instances/git/own_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <set>
#include <sstream>

#include "coordinator/base/error.h"
#include "coordinator/base/paths.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

// As git reads it: words in any case, and whole numbers, which may have a unit.
bool is_true(std::string_view value) {
  constexpr std::array<std::string_view, 3> words{"true", "yes", "on"};
  std::string word(value);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
  return failure == std::errc{} && number != 0 && unit.size() <= 1;
}

fs::path home() { return process_environment("HOME").value_or(""); }

fs::path expanded(std::string_view path) {
  return path.starts_with("~/") ? home() / path.substr(2) : fs::path(path);
}

fs::path default_excludes() {
  const auto config = process_environment("XDG_CONFIG_HOME");
  return (config ? fs::path(*config) : home() / ".config") / "git/ignore";
}

// Quotes the text as git reads a quoted value.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? "\\n" : std::string(1, c);
  }
  return result + "\"";
}

constexpr std::string_view block_begin = "# yardmaster: files of its instances";
constexpr std::string_view block_end = "# yardmaster: end";

struct ExcludeFile {
  std::string users;  // all but our block
  std::set<std::string> ours;
};

ExcludeFile read_exclude(const fs::path& file) {
  std::error_code ignored;
  const std::string text = read_small_file(file);
  const bool unread = text.empty() && fs::exists(file, ignored) && fs::file_size(file, ignored) > 0;
  if (unread) throw Error(ErrorCode::conflict, "cannot read '" + file.string() + "'");
  ExcludeFile exclude;
  bool is_ours = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == block_begin || line == block_end) {
      is_ours = line == block_begin;
    } else if (is_ours) {
      exclude.ours.insert(line);
    } else {
      exclude.users += line + (lines.eof() ? "" : "\n");
    }
  }
  return exclude;
}

// git never sees half of it.
void replace_file(const fs::path& file, const std::string& text) {
  const fs::path next = file.string() + ".yardmaster";
  write_small_file(next, text);
  fs::rename(next, file);
}

// A key without a value means true.
void take_setting(RepositoryConfig& config, std::string_view key, std::string_view value,
                  bool has_value) {
  const bool on = !has_value || is_true(value);
  if (key == "core.bare") config.bare = on;
  if (key == "core.worktree") config.has_work_tree = true;
  if (key == "extensions.worktreeconfig") config.per_worktree = on;
  if (key == allowed_by_us) config.allowed_by_us = on;
  if (key == "core.excludesfile") config.excludes = expanded(value);
}

}  // namespace

RepositoryConfig parse_config(std::string_view list) {
  RepositoryConfig config;
  config.excludes = default_excludes();
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find('\0'));
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
    const std::size_t end = entry.find('\n');
    const bool has_value = end != std::string_view::npos;
    take_setting(config, entry.substr(0, end), has_value ? entry.substr(end + 1) : "", has_value);
  }
  return config;
}

void write_exclude(const fs::path& admin, const std::vector<std::string>& patterns,
                   const fs::path& users_excludes, bool configure) {
  std::string text = read_small_file(users_excludes);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  for (const std::string& pattern : patterns) text += pattern + "\n";
  const fs::path exclude = admin / exclude_file;
  write_small_file(exclude, text);
  if (!configure) return;
  // git may have copied the main worktree's configuration there; the last value counts.
  const fs::path file = admin / "config.worktree";
  std::string settings = read_small_file(file);
  if (!settings.empty() && !settings.ends_with('\n')) settings += '\n';
  write_small_file(file, settings + "[core]\n\texcludesFile = " + quoted(exclude.string()) + "\n");
}

void exclude_in_all_worktrees(const fs::path& common, const std::vector<std::string>& patterns) {
  const fs::path file = common / "info" / "exclude";
  ExcludeFile exclude = read_exclude(file);
  const std::size_t known = exclude.ours.size();
  exclude.ours.insert(patterns.begin(), patterns.end());
  if (exclude.ours.size() == known) return;
  std::string text = exclude.users;
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text.append(block_begin).append("\n");
  for (const std::string& pattern : exclude.ours) text += pattern + "\n";
  text.append(block_end).append("\n");
  fs::create_directories(file.parent_path());
  replace_file(file, text);
}

void take_back_exclude(const fs::path& common) {
  const fs::path file = common / "info" / "exclude";
  const ExcludeFile exclude = read_exclude(file);
  if (!exclude.ours.empty()) replace_file(file, exclude.users);
}

bool has_own_configurations(const fs::path& common) {
  std::error_code failure;
  if (fs::exists(common / "config.worktree", failure)) return true;
  for (fs::directory_iterator entry(common / "worktrees", failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (fs::exists(entry->path() / "config.worktree")) return true;
  }
  return false;
}

std::string exclude_option(const fs::path& admin) {
  return "core.excludesFile=" + (admin / exclude_file).string();
}

}  // namespace yardmaster
