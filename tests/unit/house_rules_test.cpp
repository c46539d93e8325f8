// The rules of CONTRIBUTING.md that a machine can check, over the whole tree. A broken rule is told
// with file and line.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 400;
constexpr std::size_t most_lines_of_a_function = 50;

// Which folders the sources of a folder may include, beside their own.
// Tests and benchmarks may include everything.
const std::map<std::string, std::vector<std::string>>& allowed_includes() {
  static const std::map<std::string, std::vector<std::string>> allowed{
      {"coordinator/base", {}},
      {"coordinator/domain", {"coordinator/base"}},
      {"coordinator/store", {"coordinator/base", "coordinator/domain", "metrics"}},
      {"coordinator/instances/processes", {"coordinator/base", "coordinator/domain"}},
      {"coordinator/instances/roles", {"coordinator/base", "coordinator/domain"}},
      {"coordinator/instances/tmux", {"coordinator/base", "coordinator/instances/processes"}},
      {"coordinator/instances/git",
       {"coordinator/base", "coordinator/domain", "coordinator/store",
        "coordinator/instances/processes"}},
      {"coordinator/instances/resources",
       {"coordinator/base", "coordinator/domain", "coordinator/store", "coordinator/instances/git",
        "coordinator/instances/processes", "coordinator/instances/roles",
        "coordinator/instances/tmux"}},
      {"coordinator/instances/lifecycle",
       {"coordinator/base", "coordinator/domain", "coordinator/store", "coordinator/instances"}},
      {"coordinator/broker",
       {"coordinator/base", "coordinator/domain", "coordinator/store", "coordinator/instances",
        "metrics"}},
      {"coordinator/daemon",
       {"coordinator/base", "coordinator/domain", "coordinator/store", "coordinator/instances",
        "coordinator/broker", "metrics"}},
      {"coordinator/client", {"coordinator/base"}},
      {"coordinator/cli", {"coordinator", "metrics"}},
      {"metrics", {"coordinator/base"}},
      {"reports", {"coordinator/base", "metrics"}},
      {"loadgen/faults", {}},
      {"loadgen/databases", {"coordinator/base", "loadgen/faults"}},
      {"loadgen/plan", {"coordinator/base", "coordinator/domain", "reports", "loadgen/databases"}},
      {"loadgen/measure", {"coordinator/base", "metrics", "reports", "loadgen/plan"}},
      {"loadgen/workloads",
       {"coordinator/base", "coordinator/client", "coordinator/domain", "reports", "loadgen/plan",
        "loadgen/measure"}},
      {"loadgen/real",
       {"coordinator/base", "coordinator/client", "coordinator/domain", "reports",
        "loadgen/databases", "loadgen/plan", "loadgen/measure", "loadgen/workloads"}},
      {"loadgen/direct",
       {"coordinator/base", "coordinator/domain", "coordinator/store", "reports",
        "loadgen/databases", "loadgen/plan", "loadgen/measure"}},
      {"loadgen/hosts",
       {"coordinator/base", "coordinator/client", "reports", "loadgen/databases", "loadgen/plan",
        "loadgen/real"}},
      {"loadgen/run",
       {"coordinator/base", "coordinator/client", "coordinator/domain", "metrics", "reports",
        "loadgen/databases", "loadgen/direct", "loadgen/hosts", "loadgen/measure", "loadgen/plan",
        "loadgen/real", "loadgen/workloads"}},
      {"loadgen/selftest",
       {"coordinator/base", "coordinator/client", "coordinator/domain", "reports",
        "loadgen/databases", "loadgen/measure", "loadgen/run"}},
      {"loadgen/search",
       {"coordinator/base", "reports", "loadgen/databases", "loadgen/plan", "loadgen/run"}},
      {"loadgen/cli",
       {"coordinator/base", "coordinator/client", "coordinator/domain", "reports", "loadgen"}},
  };
  return allowed;
}

struct Line {
  std::size_t number = 0;
  std::string text;
};

struct TextFile {
  std::string path;  // from the root of the project
  std::vector<Line> lines;

  bool ends_with(std::string_view ending) const { return path.ends_with(ending); }
  bool is_source() const { return ends_with(".cpp") || ends_with(".h"); }
  std::string at(std::size_t line) const { return path + ":" + std::to_string(line) + ": "; }
};

// What a clone holds: everything but what builds, runs and git leave there.
std::vector<TextFile> read_tree(const fs::path& root) {
  static const std::set<std::string> left_out{".git", "build", "report", ".cache"};
  std::vector<TextFile> files;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
    if (left_out.contains(at->path().filename().string())) at.disable_recursion_pending();
    if (!at->is_regular_file()) continue;
    TextFile file{fs::relative(at->path(), root).generic_string(), {}};
    std::ifstream stream(at->path());
    std::string text;
    for (std::size_t number = 1; std::getline(stream, text); ++number) {
      file.lines.push_back({number, text});
    }
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const TextFile& a, const TextFile& b) { return a.path < b.path; });
  return files;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path == folder ||
         (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

std::optional<std::string> included_by(const std::string& line) {
  static const std::regex pattern("#include \"([^\"]+)\"");
  std::smatch found;
  if (!std::regex_search(line, found, pattern)) return std::nullopt;
  return found[1];
}

// One line per broken rule, so that a failure shows them all.
class HouseRules : public testing::Test {
 protected:
  static const std::vector<TextFile>& tree() {
    static const std::vector<TextFile> files = read_tree(YARDMASTER_SOURCE_DIRECTORY);
    return files;
  }

  void complain(const std::string& complaint) { complaints_ += complaint + "\n"; }
  void TearDown() override { EXPECT_EQ(complaints_, ""); }

 private:
  std::string complaints_;
};

TEST_F(HouseRules, includes_point_one_way) {
  for (const TextFile& file : tree()) {
    if (!file.is_source()) continue;
    const auto& allowed = allowed_includes();
    const auto rule = std::find_if(allowed.begin(), allowed.end(), [&](const auto& folder) {
      return is_below(file.path, folder.first);
    });
    if (rule == allowed.end()) continue;
    for (const Line& line : file.lines) {
      const auto header = included_by(line.text);
      if (!header || header->starts_with("embedded/") || is_below(*header, rule->first)) continue;
      const bool may = std::any_of(rule->second.begin(), rule->second.end(),
                                   [&](const auto& to) { return is_below(*header, to); });
      if (!may) complain(file.at(line.number) + rule->first + " must not include " + *header);
    }
  }
}

TEST_F(HouseRules, every_folder_of_the_programs_has_a_rule_for_its_includes) {
  for (const TextFile& file : tree()) {
    if (!file.is_source() || is_below(file.path, "tests") || is_below(file.path, "bench")) continue;
    const auto& allowed = allowed_includes();
    if (std::none_of(allowed.begin(), allowed.end(),
                     [&](const auto& folder) { return is_below(file.path, folder.first); })) {
      complain(file.at(1) + "its folder has no row in allowed_includes()");
    }
  }
}

TEST_F(HouseRules, files_are_short) {
  for (const TextFile& file : tree()) {
    if (!file.is_source() || file.lines.size() <= most_lines) continue;
    complain(file.at(most_lines + 1) + "the file has " + std::to_string(file.lines.size()) +
             " lines, of at most " + std::to_string(most_lines));
  }
}

// clang-format puts a function's first line and its closing brace at the same indentation: none, or
// two blanks inside a class.
TEST_F(HouseRules, functions_fit_on_a_screen) {
  for (const TextFile& file : tree()) {
    if (!file.is_source()) continue;
    for (const std::string& indent : {std::string(), std::string("  ")}) {
      const std::regex no_function(
          "^(namespace|using|class|struct|enum|union|extern|public|private|"
          "protected|constexpr|inline constexpr|static const|const) ?.*");
      std::size_t first = 0;  // the function's first line; 0: in none
      for (const Line& line : file.lines) {
        const std::string rest =
            line.text.starts_with(indent) ? line.text.substr(indent.size()) : std::string();
        if (rest == "}" && first > 0) {
          const std::size_t length = line.number - first + 1;
          if (length > most_lines_of_a_function) {
            complain(file.at(first) + "the function has " + std::to_string(length) +
                     " lines, of at most " + std::to_string(most_lines_of_a_function));
          }
        }
        if (rest.empty() || rest.front() == ' ') continue;
        const bool may_begin = std::isalpha(static_cast<unsigned char>(rest.front())) != 0 ||
                               rest.front() == '[' || rest.front() == '~';
        if (may_begin && !std::regex_match(rest, no_function)) {
          first = line.number;
        } else if (rest.front() != ')') {
          first = 0;
        }
      }
    }
  }
}

// Inputs of the fuzzers: read by the folder, whatever is in it.
constexpr const char* corpus = "tests/fuzz/corpus";

TEST_F(HouseRules, no_two_files_have_one_name) {
  static const std::set<std::string> everywhere{".clang-tidy", "CMakeLists.txt", "README.md",
                                                "main.cpp"};
  std::map<std::string, std::string> seen;
  for (const TextFile& file : tree()) {
    const std::string name = fs::path(file.path).filename();
    if (everywhere.contains(name) || is_below(file.path, corpus)) continue;
    const auto [earlier, is_new] = seen.emplace(name, file.path);
    if (!is_new) complain(file.at(1) + "has the same name as " + earlier->second);
  }
}

// Two classes of one name are one to the linker, which takes the inline functions of either. What
// a source keeps to itself stands in a namespace without a name.
TEST_F(HouseRules, no_two_classes_have_one_name) {
  const std::regex opening("^(inline )?namespace ?([A-Za-z0-9_:]*) ?\\{$");
  const std::regex definition("^(class|struct) (\\w+)( final)?( : [^;]*)? \\{.*");
  std::map<std::string, std::string> seen;
  for (const TextFile& file : tree()) {
    if (!file.is_source()) continue;
    std::vector<std::string> within;
    for (const Line& line : file.lines) {
      std::smatch found;
      if (std::regex_match(line.text, found, opening)) within.push_back(found[2]);
      if (line.text.starts_with("}  // namespace") && !within.empty()) within.pop_back();
      if (!std::regex_match(line.text, found, definition)) continue;
      if (std::find(within.begin(), within.end(), "") != within.end()) continue;
      std::string name;
      for (const std::string& space : within) name += space + "::";
      const auto [earlier, is_new] = seen.emplace(name + found[2].str(), file.path);
      if (is_new || earlier->second == file.path) continue;
      complain(file.at(line.number) + earlier->first + " is also a class of " + earlier->second);
    }
  }
  EXPECT_GT(seen.size(), 100U);
}

TEST_F(HouseRules, something_builds_every_file) {
  std::set<std::string> built;
  std::ifstream list(YARDMASTER_SOURCE_LIST);
  for (std::string path; std::getline(list, path);) built.insert(path);
  ASSERT_FALSE(built.empty()) << YARDMASTER_SOURCE_LIST;
  std::set<std::string> included;
  for (const TextFile& file : tree()) {
    for (const Line& line : file.lines) {
      if (const auto header = included_by(line.text)) included.insert(*header);
    }
  }
  const bool has_benchmarks = std::any_of(built.begin(), built.end(),
                                          [](const auto& path) { return is_below(path, "bench"); });
  for (const TextFile& file : tree()) {
    if (is_below(file.path, "bench") && !has_benchmarks) continue;
    if (is_below(file.path, "tests/fuzz/fuzzer")) continue;  // the preset `fuzz` builds it
    const bool is_used = file.ends_with(".cpp") ? built.contains(file.path)
                         : file.ends_with(".h") ? included.contains(file.path)
                                                : true;
    if (!is_used) complain(file.at(1) + "no target compiles it, no source includes it");
  }
}

TEST_F(HouseRules, what_is_embedded_or_linked_to_is_named_somewhere) {
  static const std::set<std::string> endings{".sql", ".svg", ".md", ".json", ".cmake"};
  std::string everything;
  for (const TextFile& file : tree()) {
    for (const Line& line : file.lines) everything += line.text + "\n";
  }
  for (const TextFile& file : tree()) {
    const fs::path path = file.path;
    const std::string by =
        path.extension() == ".cmake" || path.extension() == ".sql" ? path.stem() : path.filename();
    if (!path.has_parent_path() || !endings.contains(path.extension())) continue;
    if (is_below(file.path, corpus)) continue;
    if (everything.find(by) == std::string::npos) complain(file.at(1) + "nothing names it");
  }
}

TEST_F(HouseRules, no_path_of_one_machine) {
  // Written so that this line does not match itself.
  const std::regex pattern(
      "(^|[^a-zA-Z0-9_.])/(work|root|Users|farm)"
      "/[a-z]");
  for (const TextFile& file : tree()) {
    if (file.ends_with(".svg")) continue;
    for (const Line& line : file.lines) {
      if (std::regex_search(line.text, pattern)) complain(file.at(line.number) + line.text);
    }
  }
}

}  // namespace
}  // namespace yardmaster
