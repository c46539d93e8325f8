#include "coordinator/instances/git/git.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iterator>
#include <random>
#include <sstream>

#include "coordinator/base/secrets.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::array<int, 2> oldest_version{2, 36};
constexpr auto clone_timeout = std::chrono::hours(6);

// The number at the beginning of the text, which it is taken from with the dot behind it.
int take_number(std::string_view& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return number;
}

// "git version 2.39.5 (Apple Git-154)" -> "2.39.5"
std::string version_in(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word >> word >> word;
  return word;
}

// Answers of one line each, but for the last: a path may have more.
std::vector<std::string> answers_in(const std::string& text, std::size_t count) {
  std::vector<std::string> answers;
  std::istringstream stream(text);
  std::string answer;
  while (answers.size() + 1 < count && std::getline(stream, answer)) answers.push_back(answer);
  answer.assign(std::istreambuf_iterator<char>(stream), {});
  if (answer.ends_with('\n')) answer.pop_back();
  if (!answer.empty()) answers.push_back(answer);
  return answers;
}

Error not_a_repository(const fs::path& path, const ProgramResult& result) {
  const std::string why = git_complaint(result.errors);
  std::string message = "'" + path.string() + "' is not a git repository";
  if (!why.starts_with("not a git repository")) message += " that can be used: " + why;
  return {ErrorCode::invalid_request, message};
}

std::string random_suffix() {
  std::random_device source;
  std::ostringstream text;
  text << std::hex << source();
  return text.str();
}

ProgramCall clone_call(const std::string& url, const fs::path& directory,
                       const std::shared_ptr<CloneProgress>& progress) {
  GitCall call;
  call.arguments = {"clone", "--progress", "--", url, directory.string()};
  call.timeout = clone_timeout;
  ProgramCall program = GitProgram::program_call(std::move(call));
  program.holds_lock = false;
  if (!progress) return program;
  program.cancel = progress->cancel;
  program.on_error_line = [progress, secrets = SecretsOf(url)](std::string_view line) {
    progress->text = secrets.hidden_in(line);
  };
  return program;
}

Error clone_error(const ProgramResult& result, const std::string& url) {
  if (result.cancelled) return {ErrorCode::unavailable, "it was cancelled"};
  if (result.timed_out) return {ErrorCode::unavailable, "it took too long and was ended"};
  Error failure = git_error(result, "");
  if (failure.code() == ErrorCode::storage_full) return failure;
  return {ErrorCode::unavailable, SecretsOf(url).hidden_in(failure.what())};
}

void rename_finished(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  const bool taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
  throw Error(taken ? ErrorCode::already_exists : ErrorCode::unavailable,
              "cannot make '" + to.string() + "': " + std::strerror(errno));
}

// A dot, which no repository's name has, keeps those of `web` and `web-app` apart.
std::string unfinished_prefix(const fs::path& directory) {
  return ".cloning-" + directory.filename().string() + ".";
}

}  // namespace

asio::awaitable<std::string> Git::version() {
  if (!version_.empty()) co_return version_;
  ProgramResult result;
  try {
    ProgramCall call;
    call.argv = {"git", "--version"};
    result = co_await git_.run_once(std::move(call));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw Error(ErrorCode::unsupported, "git is not installed, or not on the daemon's PATH");
  }
  const std::string version = version_in(result.output);
  std::string_view rest = version;
  const int major = take_number(rest);
  if (std::array{major, take_number(rest)} < oldest_version) {
    throw Error(ErrorCode::unsupported, "git 2.36 or newer is needed, this is " +
                                            (version.empty() ? "no git at all" : version));
  }
  version_ = version;
  co_return version;
}

asio::awaitable<RepositoryFacts> Git::inspect(fs::path path) {
  ProgramResult result;
  try {
    GitCall call;
    call.directory = path;
    call.arguments = {"rev-parse", "--path-format=absolute", "--is-bare-repository",
                      "--is-inside-work-tree", "--git-common-dir"};
    result = co_await git_.run(std::move(call));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw Error(ErrorCode::invalid_request, "not a repository: " + std::string(error.what()));
  }
  const std::vector<std::string> answers = answers_in(result.output, 3);
  if (!result.succeeded() || answers.size() < 3) throw not_a_repository(path, result);
  RepositoryFacts facts;
  facts.bare = answers[0] == "true";
  facts.common_directory = answers[2];
  if (!facts.bare && answers[1] != "true") {
    throw Error(ErrorCode::invalid_request,
                "'" + path.string() + "' lies within a repository's .git: name its working tree");
  }
  facts.path = facts.common_directory;
  if (!facts.bare) {
    std::vector<std::string> top{"rev-parse", "--show-toplevel"};
    facts.path = co_await ask(path, std::move(top));
  }
  facts.base_branch = co_await base_branch(path);
  std::vector<std::string> origin{"config", "--get", "remote.origin.url"};
  facts.origin_url = co_await ask(path, std::move(origin));
  co_return facts;
}

asio::awaitable<std::string> Git::base_branch(fs::path directory) {
  std::vector<std::string> commit{"rev-parse", "--verify", "--quiet", "HEAD^{commit}"};
  const std::string head = co_await ask(directory, std::move(commit));
  std::vector<std::string> current{"symbolic-ref", "--quiet", "--short", "HEAD"};
  const std::string branch = co_await ask(directory, std::move(current));
  if (!head.empty() && !branch.empty()) co_return branch;
  std::vector<std::string> remote{"symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"};
  const std::string origin = co_await ask(directory, std::move(remote));
  const std::string prefix = "refs/remotes/origin/";
  if (!origin.starts_with(prefix)) co_return "";
  co_return origin.substr(prefix.size());
}

asio::awaitable<std::string> Git::ask(fs::path directory, std::vector<std::string> arguments) {
  GitCall call;
  call.directory = std::move(directory);
  call.arguments = std::move(arguments);
  ProgramResult result = co_await git_.run(std::move(call));
  if (!result.succeeded()) co_return "";
  if (result.output.ends_with('\n')) result.output.pop_back();
  co_return result.output;
}

asio::awaitable<void> Git::clone(std::string url, fs::path directory,
                                 std::shared_ptr<CloneProgress> progress) {
  if (fs::exists(fs::symlink_status(directory))) {
    throw Error(ErrorCode::already_exists, "'" + directory.string() + "' is there already");
  }
  co_await remove_leftovers(directory);
  const fs::path unfinished =
      directory.parent_path() / (unfinished_prefix(directory) + random_suffix());
  std::exception_ptr failure;
  try {
    ProgramCall call = clone_call(url, unfinished, progress);
    const ProgramResult result = co_await git_.run_once(std::move(call));
    if (!result.succeeded()) throw clone_error(result, url);
    rename_finished(unfinished, directory);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  co_await remove_tree(unfinished);
  std::rethrow_exception(failure);
}

// Removes what a clone left that was killed together with its daemon.
asio::awaitable<void> Git::remove_leftovers(fs::path directory) {
  ProgramCall call;
  call.argv = {"find",      directory.parent_path().string(),
               "-maxdepth", "1",
               "-name",     unfinished_prefix(directory) + "*",
               "-exec",     "rm",
               "-rf",       "{}",
               "+"};
  co_await git_.run_once(std::move(call));
}

asio::awaitable<void> Git::remove_tree(fs::path directory) {
  ProgramCall call;
  call.argv = {"rm", "-rf", "--", directory.string()};
  co_await git_.run_once(std::move(call));
}

}  // namespace yardmaster
