#include "loadgen/real/agent_work.h"

#include <cerrno>
#include <exception>
#include <functional>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/work_repository.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::uint64_t files_for_each_line = 5;
constexpr std::uint64_t directories = 7;

// Returns the path of a file that every work repository has.
std::string tracked_file() { return work_file_path(0); }

void write_and_sync(const std::string& path, int flags, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644));
  const bool done =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0;
  if (done) return;
  throw Error(ErrorCode::unavailable,
              "cannot write '" + path + "': " + std::generic_category().message(errno));
}

}  // namespace

std::string work_text(std::string_view path) {
  std::size_t state = std::hash<std::string_view>()(path);
  const std::size_t bytes = 100 + state % 1500;
  std::string text = "work of " + std::string(path) + "\n";
  while (text.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    text += std::to_string(state) + "\n";
  }
  return text;
}

std::vector<JournalEntry> read_journal(std::string_view text) {
  std::vector<JournalEntry> entries;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("W ")) {
      entries.push_back({.is_whole_file = true, .path = std::string(line.substr(2)), .line = {}});
    } else if (line.starts_with("A ")) {
      const auto space = std::min(line.find(' ', 2), line.size() - 1);
      entries.push_back({.is_whole_file = false,
                         .path = std::string(line.substr(2, space - 2)),
                         .line = std::string(line.substr(space + 1))});
    }
  }
  return entries;
}

AgentWork::AgentWork(const AgentOptions& options, const std::string& instance)
    : commit_every_(options.commit_every) {
  if (options.journal.empty()) return;
  const auto file = options.journal / (instance + "." + std::to_string(::getpid()));
  journal_.reset(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!journal_) throw Error(ErrorCode::unavailable, "cannot write '" + file.string() + "'");
}

void AgentWork::write(const std::string& path) const {
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory);
  write_and_sync(path, O_TRUNC, work_text(path));
}

void AgentWork::step() {
  const std::uint64_t number = number_++;
  const std::string path = "work/" + std::to_string(::getpid()) + "/d" +
                           std::to_string(number % directories) + "/" + std::to_string(number) +
                           ".txt";
  write(path);
  write_journal("W " + path);
  if (number % files_for_each_line == 0) append();
  if (commit_every_ > 0 && number_ % commit_every_ == 0) commit();
}

void AgentWork::append() const {
  const std::string line = std::to_string(::getpid()) + "-" + std::to_string(number_);
  write_and_sync(tracked_file(), O_APPEND, line + "\n");
  write_journal("A " + tracked_file() + " " + line);
}

// Work that no other place has either, as long as nobody pushes it. One that fails (since an
// earlier one was killed and left its lock, say) is tried again with more files.
void AgentWork::commit() const {
  try {
    if (!run_program(git_call(".", {"add", "--all"})).succeeded()) return;
    run_program(git_call(".", {"commit", "--quiet", "--message", "Some work"}));
  } catch (const Error&) {
    return;
  }
}

// The line is written in one piece, so that it is there or not, whenever this process is killed.
void AgentWork::write_journal(const std::string& line) const {
  if (!journal_) return;
  const std::string whole = line + "\n";
  if (::write(journal_.get(), whole.data(), whole.size()) < 0) {
    throw Error(ErrorCode::unavailable, "cannot write to the journal");
  }
}

}  // namespace yardmaster::loadgen
