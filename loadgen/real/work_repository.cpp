#include "loadgen/real/work_repository.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <string_view>

#include "coordinator/base/error.h"
#include "loadgen/real/captured_program.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::uint64_t files_in_directory = 40;
constexpr std::size_t least_bytes = 1024;
constexpr std::size_t most_bytes = 4096;
constexpr std::uint64_t files_between_glances = 100;

constexpr std::array<std::string_view, 16> words{
    "worktree", "window", "signal", "socket",   "branch", "commit",   "message", "context",
    "handoff",  "yard",   "track",  "carriage", "switch", "coupling", "siding",  "engine"};

void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  if (!stream) throw Error(ErrorCode::storage_full, "cannot write '" + file.string() + "'");
}

}  // namespace

std::string work_file_path(std::uint64_t number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "src/m%02u/file_%05u.txt",
                static_cast<unsigned>(number / files_in_directory), static_cast<unsigned>(number));
  return text.data();
}

std::string work_file_content(std::uint64_t number, std::uint64_t seed) {
  std::mt19937_64 random(seed * 1'000'003 + number);
  const std::size_t bytes = least_bytes + random() % (most_bytes - least_bytes + 1);
  std::string content = "file " + std::to_string(number) + "\n";
  while (content.size() < bytes) {
    content.append(words.at(random() % words.size()));
    content.push_back(random() % 8 == 0 ? '\n' : ' ');
  }
  content.resize(bytes - 1);
  content.push_back('\n');
  return content;
}

ProgramCall git_call(const std::filesystem::path& directory,
                     const std::vector<std::string>& arguments) {
  ProgramCall call;
  call.arguments = {"git", "-C", directory.string()};
  call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
  call.dropped_prefixes = {"GIT_"};
  call.environment = {"GIT_CONFIG_GLOBAL=/dev/null",
                      "GIT_CONFIG_NOSYSTEM=1",
                      "GIT_TERMINAL_PROMPT=0",
                      "GIT_AUTHOR_NAME=loadgen",
                      "GIT_AUTHOR_EMAIL=loadgen@localhost",
                      "GIT_COMMITTER_NAME=loadgen",
                      "GIT_COMMITTER_EMAIL=loadgen@localhost",
                      "LC_ALL=C"};
  return call;
}

void make_work_repository(const std::filesystem::path& directory, std::uint64_t files,
                          std::uint64_t seed, const std::function<void()>& interrupted) {
  std::filesystem::create_directories(directory);
  output_of(git_call(directory, {"init", "--quiet", "--initial-branch=main"}));
  // Commits of agents must not start a collection in the background.
  output_of(git_call(directory, {"config", "gc.auto", "0"}));
  for (std::uint64_t i = 0; i < files; ++i) {
    if (i % files_between_glances == 0) interrupted();
    const auto file = directory / work_file_path(i);
    if (i % files_in_directory == 0) std::filesystem::create_directories(file.parent_path());
    write_file(file, work_file_content(i, seed));
  }
  output_of(git_call(directory, {"add", "--all"}));
  interrupted();
  ProgramCall commit =
      git_call(directory, {"commit", "--quiet", "--message", "What the instances work on"});
  commit.environment.emplace_back("GIT_AUTHOR_DATE=2024-01-01T00:00:00Z");
  commit.environment.emplace_back("GIT_COMMITTER_DATE=2024-01-01T00:00:00Z");
  output_of(commit);
}

}  // namespace yardmaster::loadgen
