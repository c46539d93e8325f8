#include "coordinator/instances/git/rescue.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <system_error>

#include <sys/stat.h>

#include "coordinator/base/own_refs.h"
#include "coordinator/instances/git/file_errors.h"
#include "coordinator/instances/git/kept_files.h"
#include "coordinator/instances/git/own_files.h"
#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/rescue_time.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto git_status_timeout = std::chrono::minutes(5);
constexpr auto add_timeout = std::chrono::minutes(15);

GitCall worktree_call(const WorktreeFacts& facts, std::vector<std::string> arguments) {
  GitCall call;
  call.directory = facts.path;
  call.arguments = std::move(arguments);
  // Where that is set and the file system tells them apart, git overlooks `note` beside `Note`.
  call.arguments.insert(call.arguments.begin(), {"-c", "core.ignorecase=false"});
  if (facts.has_exclude) {
    const std::vector<std::string> option{"-c", exclude_option(facts.admin)};
    call.arguments.insert(call.arguments.begin(), option.begin(), option.end());
  }
  return call;
}

fs::path index_copy(const WorktreeFacts& facts) { return facts.admin / index_copy_file; }

// The index's own time instead of now: saving the same again makes the same commit, so that a
// removal that is tried over and over leaves one rescue.
std::string date_of_index(const fs::path& index) {
  struct stat found {};
  ::stat(index.c_str(), &found);
  return "@" + std::to_string(found.st_mtim.tv_sec) + " +0000";
}

std::string copy_index(const WorktreeFacts& facts) {
  const fs::path index = facts.admin / "index";
  std::error_code failure;
  fs::remove(index_copy(facts).string() + ".lock", failure);
  fs::copy_file(index, index_copy(facts), fs::copy_options::overwrite_existing, failure);
  if (failure) throw file_error("cannot copy '" + index.string() + "'", failure);
  return date_of_index(index);
}

// Durable before the files go; batched, so that many files cost few syncs.
void make_durable(GitCall& call) {
  const std::vector<std::string> options{"-c", "core.fsync=objects,reference", "-c",
                                         "core.fsyncMethod=batch"};
  call.arguments.insert(call.arguments.begin(), options.begin(), options.end());
}

GitCall index_call(const WorktreeFacts& facts, std::vector<std::string> arguments) {
  GitCall call = worktree_call(facts, std::move(arguments));
  call.environment.emplace_back("GIT_INDEX_FILE", index_copy(facts).string());
  make_durable(call);
  return call;
}

void add_identity(GitCall& call, const std::string& date) {
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    const std::string prefix = std::string("GIT_") + who;
    call.environment.emplace_back(prefix + "_NAME", "yardmaster");
    call.environment.emplace_back(prefix + "_EMAIL", "yardmaster@localhost");
    call.environment.emplace_back(prefix + "_DATE", date);
  }
}

// Branches of other instances are named like this one: instance/<name>.
std::string siblings_of(const std::string& branch) {
  const std::size_t slash = branch.rfind('/');
  return slash == std::string::npos ? branch : branch.substr(0, slash) + "/*";
}

// Prints a commit when one of the tips has any that no other ref holds. Branches that match
// `not_counted` hold none.
std::vector<std::string> unpushed_arguments(const std::vector<std::string>& tips,
                                            const std::string& not_counted) {
  std::vector<std::string> arguments{"rev-list", "--max-count=1", "--ignore-missing"};
  arguments.insert(arguments.end(), tips.begin(), tips.end());
  arguments.emplace_back("--not");
  if (!not_counted.empty()) arguments.push_back("--exclude=refs/heads/" + not_counted);
  for (const char* others : {"--glob=refs/heads/", "--remotes", "--tags"}) {
    arguments.emplace_back(others);
  }
  arguments.push_back(std::string("--glob=").append(rescue_namespace));
  return arguments;
}

// "<ref> NUL <commit> NUL <subject>"
Rescue parse_rescue(const std::string& line) {
  std::istringstream fields(line);
  Rescue rescue;
  std::getline(fields, rescue.ref, '\0');
  std::getline(fields, rescue.commit, '\0');
  std::getline(fields, rescue.summary);
  const std::string name = rescue.ref.substr(rescue_namespace.size());
  const std::size_t slash = name.rfind('/');
  rescue.instance = name.substr(0, slash);
  rescue.time = parse_rescue_time(slash == std::string::npos ? "" : name.substr(slash + 1));
  return rescue;
}

Rescue rescue_of(const KeptDirectory& kept) {
  Rescue rescue;
  rescue.instance = kept.note.instance;
  rescue.commit = kept.note.commit;
  rescue.kept_directory = kept.directory;
  rescue.time = kept.note.time;
  rescue.summary = kept.note.why;
  return rescue;
}

WallTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

asio::awaitable<Findings> Rescuer::inspect(WorktreeFacts facts) {
  std::vector<std::string> arguments{
      "--no-optional-locks",     "status", "--porcelain=v2", "--branch",
      "--no-ahead-behind",       "-z",     "--no-renames",   "--untracked-files=all",
      "--ignore-submodules=none"};
  GitCall call = worktree_call(facts, std::move(arguments));
  call.timeout = git_status_timeout;
  const ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) throw git_error(result, "cannot inspect '" + facts.path.string() + "'");
  Findings findings;
  findings.changes = parse_status(result.output);
  findings.unread = result.errors.find("could not open directory") != std::string::npos;
  co_return findings;
}

asio::awaitable<bool> Rescuer::has_unpushed(fs::path common, std::vector<std::string> tips,
                                            std::string branch, bool strictly) {
  if (!branch.empty()) tips.push_back("refs/heads/" + branch);
  if (tips.empty()) co_return false;
  const std::string not_counted = strictly ? branch : siblings_of(branch);
  GitCall call = RepositoryContext::call(common, unpushed_arguments(tips, not_counted));
  const std::string commit =
      co_await context_.git.output(std::move(call), "cannot look for commits that no ref holds");
  co_return !commit.empty();
}

asio::awaitable<bool> Rescuer::has_unpushed_submodules(WorktreeFacts facts) {
  for (const fs::path& submodule : facts.submodules) {
    // The working tree that a submodule's configuration names may be missing, which git does not
    // forgive.
    std::vector<std::string> arguments{"--work-tree=" + submodule.string(),
                                       "rev-list",
                                       "--max-count=1",
                                       "--ignore-missing",
                                       "--branches",
                                       "refs/stash",
                                       "HEAD",
                                       "--not",
                                       "--remotes"};
    GitCall call = RepositoryContext::call(submodule, std::move(arguments));
    const ProgramResult result = co_await context_.git.run(std::move(call));
    if (!result.succeeded() || !result.output.empty()) co_return true;
  }
  co_return false;
}

asio::awaitable<bool> Rescuer::add_everything(WorktreeFacts facts, WorktreeChanges changes) {
  std::vector<std::string> arguments{"-c",    "core.safecrlf=warn",     "add",
                                     "--all", "--pathspec-from-file=-", "--pathspec-file-nul"};
  GitCall call = index_call(facts, std::move(arguments));
  call.timeout = add_timeout;
  call.input = std::string(".") + '\0';
  for (const std::string& nested : changes.nested) {
    call.input += ":(exclude,literal)" + nested + '\0';
  }
  const ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) throw git_error(result, "cannot add the files");
  co_return result.errors.empty();
}

asio::awaitable<std::string> Rescuer::commit_index(WorktreeFacts facts, std::string parent,
                                                   std::string date, std::string message) {
  std::vector<std::string> write{"write-tree"};
  GitCall write_call = index_call(facts, std::move(write));
  const std::string tree =
      co_await context_.git.output(std::move(write_call), "cannot write the tree");
  std::vector<std::string> commit{"commit-tree", tree};
  if (!parent.empty()) commit.insert(commit.end(), {"-p", parent});
  GitCall commit_call = index_call(facts, std::move(commit));
  add_identity(commit_call, date);
  commit_call.input = std::move(message);
  co_return co_await context_.git.output(std::move(commit_call), "cannot make the commit");
}

asio::awaitable<bool> Rescuer::index_differs(WorktreeFacts facts) {
  std::vector<std::string> arguments{"diff-index", "--cached", "--quiet", "HEAD"};
  GitCall call = index_call(facts, std::move(arguments));
  const ProgramResult result = co_await context_.git.run(std::move(call));
  co_return !result.succeeded();
}

asio::awaitable<std::string> Rescuer::commit_changes(WorktreeFacts facts, WorktreeChanges changes,
                                                     RescueSubject subject, bool& complete) {
  std::function<std::string()> copy = [facts] { return copy_index(facts); };
  const std::string date = co_await context_.look(facts.path, std::move(copy));
  const std::string from = facts.branch.empty() ? "without a branch" : "on branch " + facts.branch;
  std::string parent = changes.head;
  if (changes.staged_apart && !changes.unmerged) {
    std::string message = "Staged work of " + subject.instance + "\n\nWhat was staged " + from +
                          " and then changed in the files.\n";
    parent = co_await commit_index(facts, parent, date, std::move(message));
  }
  complete = co_await add_everything(facts, changes);
  // Nested repositories may have been all that there was.
  const bool differs = changes.fit_in_commit() || co_await index_differs(facts);
  if (!differs) co_return "";
  std::string message = "Uncommitted work of " + subject.instance + "\n\nSaved " + from +
                        " when its worktree was removed.\n";
  co_return co_await commit_index(facts, parent, date, std::move(message));
}

asio::awaitable<std::vector<std::string>> Rescuer::save(fs::path common,
                                                        std::vector<std::string> tips,
                                                        RescueSubject subject) {
  std::vector<std::string> refs;
  if (!subject.branch.empty()) tips.push_back("refs/heads/" + subject.branch);
  for (const std::string& tip : tips) {
    const std::vector<std::string> alone{tip};
    GitCall call = RepositoryContext::call(common, unpushed_arguments(alone, subject.branch));
    const std::string commit =
        co_await context_.git.output(std::move(call), "cannot look for commits that no ref holds");
    std::string ref;
    if (commit.empty()) {
      ref = co_await find_ref(common, tip, subject.instance);
    } else {
      ref = co_await make_ref(common, commit, subject.instance);
    }
    if (!ref.empty()) refs.push_back(ref);
  }
  co_return refs;
}

// An attempt before this one may have come this far.
asio::awaitable<std::string> Rescuer::find_ref(fs::path common, std::string tip,
                                               std::string instance) {
  std::vector<std::string> arguments{"for-each-ref", "--count=1", "--format=%(refname)",
                                     "--points-at=" + tip, rescue_namespace_of(instance)};
  if (tip.starts_with("refs/")) co_return "";
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  co_return co_await context_.git.output(std::move(call), "cannot list rescues");
}

asio::awaitable<std::string> Rescuer::make_ref(fs::path common, std::string commit,
                                               std::string instance) {
  const std::string name = rescue_namespace_of(instance) + rescue_time_text(now());
  for (int number = 1;; ++number) {
    const std::string ref = number == 1 ? name : name + "-" + std::to_string(number);
    std::vector<std::string> arguments{"update-ref", ref, commit, ""};
    GitCall call = RepositoryContext::call(common, std::move(arguments));
    make_durable(call);
    const ProgramResult result = co_await context_.git.run(std::move(call));
    if (result.succeeded()) co_return ref;
    const bool taken = result.errors.find("reference already exists") != std::string::npos;
    if (!taken || number == 100) throw git_error(result, "cannot make the ref '" + ref + "'");
  }
}

asio::awaitable<std::vector<Rescue>> Rescuer::list_refs(fs::path common) {
  std::vector<std::string> arguments{"for-each-ref",
                                     "--format=%(refname)%00%(objectname)%00%(contents:subject)",
                                     std::string(rescue_namespace)};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  const std::string output = co_await context_.git.output(std::move(call), "cannot list rescues");
  std::vector<Rescue> rescues;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) rescues.push_back(parse_rescue(line));
  co_return rescues;
}

asio::awaitable<std::vector<Rescue>> Rescuer::list(fs::path common) {
  std::vector<Rescue> rescues;
  if (!common.empty()) rescues = co_await list_refs(std::move(common));
  std::function<std::vector<KeptDirectory>()> work =
      [places = KeptPlaces{context_.kept_files, context_.trash}] { return list_kept(places); };
  const std::vector<KeptDirectory> kept =
      co_await context_.look(context_.kept_files, std::move(work));
  for (const KeptDirectory& directory : kept) {
    const std::string& owner = directory.note.repository;  // "": nobody knows any more
    if (owner.empty() || owner == context_.repository) rescues.push_back(rescue_of(directory));
  }
  std::stable_sort(rescues.begin(), rescues.end(),
                   [](const Rescue& a, const Rescue& b) { return a.time < b.time; });
  co_return rescues;
}

asio::awaitable<std::string> Rescuer::find(fs::path common, std::string ref) {
  if (!ref.starts_with(rescue_namespace) || !is_valid_ref_name(ref)) {
    throw Error(ErrorCode::invalid_request, "'" + ref + "' is not a rescue: those are refs that " +
                                                "begin with " + std::string(rescue_namespace));
  }
  std::vector<std::string> arguments{"rev-parse", "--verify", "--quiet", ref + "^{commit}"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) throw Error(ErrorCode::not_found, "there is no rescue '" + ref + "'");
  result.output.erase(result.output.find('\n'));
  co_return result.output;
}

}  // namespace yardmaster
