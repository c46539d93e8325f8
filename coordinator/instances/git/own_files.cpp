#include "coordinator/instances/git/own_files.h"

#include <algorithm>
#include <array>

#include "coordinator/base/paths.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

bool is_true(std::string_view value) {
  constexpr std::array<std::string_view, 4> words{"true", "yes", "on", "1"};
  return std::find(words.begin(), words.end(), value) != words.end();
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

// A key without a value means true.
void take_setting(RepositoryConfig& config, std::string_view key, std::string_view value,
                  bool has_value) {
  const bool on = !has_value || is_true(value);
  if (key == "core.bare") config.bare = on;
  if (key == "core.worktree") config.has_work_tree = true;
  if (key == "extensions.worktreeconfig") config.per_worktree = on;
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

std::string exclude_option(const fs::path& admin) {
  return "core.excludesFile=" + (admin / exclude_file).string();
}

}  // namespace yardmaster
