#include "coordinator/instances/git/git_program.h"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/secrets.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/process_tree.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto lock_timeout = std::chrono::seconds(10);
constexpr std::size_t longest_complaint = 4000;
constexpr auto lock_check_interval = std::chrono::seconds(1);

// These variables are not passed on: those that `git rev-parse --local-env-vars` lists (except
// GIT_CONFIG_COUNT, which people set on purpose), and those that change the meaning of paths or
// answers.
constexpr std::array dropped_variables{"GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                       "GIT_CONFIG",
                                       "GIT_CONFIG_PARAMETERS",
                                       "GIT_OBJECT_DIRECTORY",
                                       "GIT_DIR",
                                       "GIT_WORK_TREE",
                                       "GIT_IMPLICIT_WORK_TREE",
                                       "GIT_GRAFT_FILE",
                                       "GIT_INDEX_FILE",
                                       "GIT_NO_REPLACE_OBJECTS",
                                       "GIT_REPLACE_REF_BASE",
                                       "GIT_PREFIX",
                                       "GIT_SHALLOW_FILE",
                                       "GIT_COMMON_DIR",
                                       "GIT_INTERNAL_SUPER_PREFIX",
                                       "GIT_NAMESPACE",
                                       "GIT_LITERAL_PATHSPECS",
                                       "GIT_GLOB_PATHSPECS",
                                       "GIT_NOGLOB_PATHSPECS",
                                       "GIT_ICASE_PATHSPECS",
                                       "GIT_TRACE",
                                       "GIT_OPTIONAL_LOCKS",
                                       "GIT_QUARANTINE_PATH"};

constexpr std::array fixed_options{
    "core.hooksPath=/dev/null", "core.fsmonitor=false",    "core.quotePath=false",     "gc.auto=0",
    "maintenance.auto=false",   "submodule.recurse=false", "advice.detachedHead=false"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "reference already exists" and the like also begin with "cannot lock ref", and will not change.
bool is_locked_by_another(const ProgramResult& result) {
  const std::string_view errors = result.errors;
  return contains(errors, ".lock': File exists") || contains(errors, "could not lock config file");
}

// "Receiving objects:  42% (5/12)", "Cloning into '/x'..."
bool is_progress(std::string_view line) {
  const std::size_t percent = line.find("% (");
  const bool counts = percent != std::string_view::npos && percent > 0 &&
                      line[percent - 1] >= '0' && line[percent - 1] <= '9';
  return counts || line.starts_with("Cloning into ") || line.starts_with("remote: Enumerating") ||
         line.starts_with("remote: Total ");
}

// "git status in '/w'"
std::string git_name(const GitCall& call) {
  const auto verb = std::find_if(call.arguments.begin(), call.arguments.end(),
                                 [](const std::string& word) { return !word.starts_with('-'); });
  return "git " + (verb == call.arguments.end() ? "" : *verb) + " in '" + call.directory.string() +
         "'";
}

}  // namespace

ProgramCall GitProgram::program_call(GitCall call) {
  ProgramCall program;
  program.argv.emplace_back("git");
  for (const char* option : fixed_options) {
    program.argv.emplace_back("-c");
    program.argv.emplace_back(option);
  }
  std::move(call.arguments.begin(), call.arguments.end(), std::back_inserter(program.argv));
  program.directory = std::move(call.directory);
  program.environment = std::move(call.environment);
  program.environment.emplace_back("LC_ALL", "C");
  program.environment.emplace_back("GIT_TERMINAL_PROMPT", "0");
  program.dropped_variables.assign(dropped_variables.begin(), dropped_variables.end());
  program.input = std::move(call.input);
  program.timeout = call.timeout;
  return program;
}

asio::awaitable<ProgramResult> GitProgram::run_once(ProgramCall call) {
  return runner_.run(std::move(call));
}

asio::awaitable<ProgramResult> GitProgram::run(GitCall call) {
  const std::string name = git_name(call);
  const auto while_locked = call.while_locked;
  const auto token = tokens_->find(call.directory.filename());
  if (token != tokens_->end()) call.environment.emplace_back(token_variable, token->second);
  const ProgramCall program = program_call(std::move(call));
  const auto executor = co_await asio::this_coro::executor;
  const auto deadline = std::chrono::steady_clock::now() + lock_timeout;
  auto pause = std::chrono::milliseconds(5);
  auto next_look = std::chrono::steady_clock::now() + lock_check_interval;
  ProgramResult result;
  for (;;) {
    ProgramCall attempt = program;
    result = co_await runner_.run(std::move(attempt));
    if (result.timed_out) throw Error(ErrorCode::timed_out, name + " took too long and was ended");
    const bool patient = std::chrono::steady_clock::now() < deadline;
    if (result.succeeded() || !patient || !is_locked_by_another(result)) break;
    if (while_locked && std::chrono::steady_clock::now() >= next_look) {
      next_look += lock_check_interval;
      asio::awaitable<void> looking = while_locked(result.errors);
      co_await std::move(looking);
    }
    asio::steady_timer timer(executor, pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(250));
    boost::system::error_code ignored;
    const KeepName keep_name;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return result;
}

asio::awaitable<std::string> GitProgram::output(GitCall call, std::string what) {
  ProgramResult result = co_await run(std::move(call));
  if (!result.succeeded()) throw git_error(result, what);
  if (result.output.ends_with('\n')) result.output.pop_back();
  co_return std::move(result.output);
}

std::string git_complaint(const std::string& errors) {
  std::string said;
  std::string line;
  const auto take = [&] {
    for (const std::string_view before : {"fatal: ", "error: "}) {
      if (line.starts_with(before)) line.erase(0, before.size());
    }
    line.erase(std::min(line.find_last_not_of(" \t") + 1, line.size()));
    if (!line.empty() && !is_progress(line)) said += (said.empty() ? "" : "; ") + line;
    line.clear();
  };
  for (const char c : errors) {
    if (c != '\n' && c != '\r') line += c;
    if (c == '\n' || c == '\r') take();
  }
  take();
  if (said.empty()) return "git failed";
  if (said.size() > longest_complaint) {
    said = "… " + said.substr(said.size() - longest_complaint);
  }
  return without_secrets(said);
}

Error git_error(const ProgramResult& result, const std::string& what) {
  ErrorCode code = ErrorCode::conflict;
  std::string why = git_complaint(result.errors);
  if (contains(result.errors, "No space left on device") ||
      contains(result.errors, "Disk quota exceeded")) {
    code = ErrorCode::storage_full;
    why = "no space left on the disk (" + why + ")";
  } else if (is_locked_by_another(result)) {
    code = ErrorCode::timed_out;
    why += " (another git program has held it for ten seconds; remove it when none runs)";
  } else if (result.cancelled) {
    why = "it was cancelled";
  } else if (result.errors.empty()) {
    why = result.status > 128 ? "git was ended by signal " + std::to_string(result.status - 128)
                              : "git ended with status " + std::to_string(result.status);
  }
  return {code, what.empty() ? why : what + ": " + why};
}

}  // namespace yardmaster
