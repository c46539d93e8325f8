// Repositories that come and go with their clones, and instances' worktrees in them, on a real
// store.
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/resources/worktree_resource.h"
#include "coordinator/store/sqlite_database.h"
#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::write_file;

class SilentObserver final : public CommitObserver {
 public:
  void on_commit(std::chrono::nanoseconds, std::size_t, Durability, bool) override {}
  void on_checkpoint(const CheckpointResult&) override {}
  void on_storage_error(const Error&) override {}
};

// The part of a daemon that has to do with repositories.
struct RepositoryYard {
  explicit RepositoryYard(const fs::path& root)
      : paths{.state_dir = root, .runtime_dir = root / "run"},
        database(SqliteDatabase::open(paths.database())),
        store(*database, clock),
        queue(loop.io(), store, std::make_unique<Reader>(database->open_reader()), {}, observer),
        runner(loop.io(), root / "programs.lock"),
        repositories(loop.io(), workers, queue, runner, paths, 2,
                     [this](const std::string& what) { warnings.push_back(what); }) {}

  Paths paths;
  support::CoroutineLoop loop;
  FileWorkers workers{loop.io(), 2, usual_file_timeout, nullptr};
  SilentObserver observer;
  SystemClock clock;
  std::unique_ptr<Database> database;
  Store store;
  StoreQueue queue;
  SystemProcessRunner runner;
  std::vector<std::string> warnings;
  Repositories repositories;
};

class RepositoriesTest : public support::GitTest {
 protected:
  RepositoriesTest() {
    fs::create_directories(state());
    start();
  }

  void start() {
    daemon_.reset();
    daemon_ = std::make_unique<RepositoryYard>(state());
    daemon_->loop.wait_for(daemon_->repositories.load());
  }
  fs::path state() const { return scratch_ / "state"; }
  fs::path clone() const { return state() / "repos/api"; }
  static RepositoryRequest clone_of(const std::string& url) {
    RepositoryRequest request;
    request.name = "api";
    request.url = url;
    return request;
  }
  void add_clone() {
    daemon_->loop.wait_for(daemon_->repositories.add(clone_of("file://" + repository_.string())));
    EXPECT_TRUE(daemon_->loop.run_until([&] { return state_now() != RepositoryState::cloning; }));
  }
  RepositoryState state_now() { return daemon_->repositories.find("api").state; }
  std::string remove_clone() { return daemon_->loop.wait_for(daemon_->repositories.remove("api")); }
  void run_sql(const std::string& statement) const {
    const auto result = support::run({{"sqlite3", (state() / "yard.db").string(), statement}});
    ASSERT_EQ(result.status, 0) << result.errors;
  }

  std::unique_ptr<RepositoryYard> daemon_;
};

TEST_F(RepositoriesTest, a_clone_goes_with_its_repository_unless_work_is_in_it) {
  add_clone();
  EXPECT_EQ(remove_clone(), "");
  EXPECT_FALSE(fs::exists(clone()));
  add_clone();
  git(clone(), {"checkout", "--quiet", "--detach"});
  commit_file(clone(), "work", "work");
  EXPECT_EQ(remove_clone(), clone());
  EXPECT_THROW(add_clone(), Error) << "it holds an earlier clone";
  EXPECT_TRUE(daemon_->repositories.list().empty());
  EXPECT_EQ(git(clone(), {"show", "HEAD:work"}), "work");
}

TEST_F(RepositoriesTest, a_clone_that_failed_takes_nothing_with_it_that_it_did_not_make) {
  daemon_->loop.wait_for(daemon_->repositories.add(clone_of("file:///nonexistent/x.git")));
  fs::create_directories(clone());
  write_file(clone() / "file", "somebody's");
  ASSERT_TRUE(daemon_->loop.run_until([&] { return state_now() != RepositoryState::cloning; }));
  EXPECT_EQ(state_now(), RepositoryState::failed);
  EXPECT_EQ(daemon_->repositories.find("api").error.find("cannot clone"), std::string::npos);
  EXPECT_EQ(remove_clone(), clone());
  EXPECT_EQ(read_file(clone() / "file"), "somebody's");
}

TEST_F(RepositoriesTest, secrets_of_a_url_are_neither_shown_nor_kept) {
  const RepositoryRequest request =
      clone_of("http://bot:T0KEN%21T0KEN@127.0.0.1:1/api.git?access_token=T0KEN2");
  daemon_->loop.wait_for(daemon_->repositories.add(request));
  ASSERT_TRUE(daemon_->loop.run_until([&] { return state_now() != RepositoryState::cloning; }));
  const Repository failed = daemon_->repositories.find("api");
  EXPECT_EQ(failed.url, "http://***@127.0.0.1:1/api.git?access_token=***");
  EXPECT_NE(failed.error, "");
  EXPECT_EQ(failed.error.find("T0KEN"), std::string::npos) << failed.error;
  ASSERT_EQ(daemon_->warnings.size(), 1U);
  EXPECT_EQ(daemon_->warnings[0].find("T0KEN"), std::string::npos) << daemon_->warnings[0];
  daemon_.reset();
  const auto rows = support::run(
      {{"sqlite3", (state() / "yard.db").string(), "SELECT url, error FROM repositories"}});
  EXPECT_EQ(rows.output.find("T0KEN"), std::string::npos) << rows.output;
}

TEST_F(RepositoriesTest, secrets_that_an_earlier_version_kept_do_not_show) {
  daemon_->loop.wait_for(daemon_->repositories.add(clone_of("file:///nonexistent/x.git")));
  ASSERT_TRUE(daemon_->loop.run_until([&] { return state_now() != RepositoryState::cloning; }));
  daemon_.reset();
  run_sql("UPDATE repositories SET url = 'https://bot:T0KEN@h/x', error = 'https://bot:T0KEN@h/x'");
  start();
  EXPECT_EQ(daemon_->repositories.find("api").url, "https://***@h/x");
  EXPECT_EQ(daemon_->repositories.find("api").error, "https://***@h/x");
}

TEST_F(RepositoriesTest, a_clone_stays_for_what_lies_in_it_or_is_linked_to_it) {
  add_clone();
  write_file(clone() / ".git/info/exclude", "scratch/\n");
  git(clone(), {"clone", "--quiet", repository_.string(), "scratch/inner"});
  EXPECT_EQ(remove_clone(), clone());
  fs::remove_all(clone());
  add_clone();
  git(clone(), {"worktree", "add", "--quiet", "--detach", (scratch_ / "linked").string()});
  EXPECT_EQ(remove_clone(), clone());
}

TEST_F(RepositoriesTest, an_interrupted_clone_does_not_keep_a_daemon_on_a_full_disk_from_starting) {
  daemon_->loop.wait_for(daemon_->repositories.add(clone_of("file://" + repository_.string())));
  daemon_.reset();
  run_sql(
      "CREATE TRIGGER full BEFORE UPDATE ON repositories "
      "BEGIN SELECT RAISE(FAIL, 'disk is full'); END");
  start();
  EXPECT_EQ(state_now(), RepositoryState::failed);
  EXPECT_EQ(daemon_->warnings.size(), 2U) << testing::PrintToString(daemon_->warnings);
}

TEST_F(RepositoriesTest, a_worktree_that_could_not_be_made_leaves_what_was_in_its_way) {
  RepositoryRequest added;
  added.name = "api";
  added.path = repository_.string();
  daemon_->loop.wait_for(daemon_->repositories.add(std::move(added)));
  const Roles roles = Roles::load(state() / "roles.json");
  boost::asio::thread_pool processes(1);
  WorktreeResource resource(
      daemon_->loop.io(), processes, daemon_->workers, daemon_->repositories, daemon_->queue,
      daemon_->paths, roles, {}, [] { return std::vector<std::int64_t>(); },
      std::chrono::seconds(10));
  InstanceRequest request;
  request.name = "a";
  request.role = "worker";
  request.repo = "api";
  Instance instance(request);
  resource.plan(request, instance);
  Ending undone("allocation failed", std::chrono::steady_clock::now());
  undone.undone = true;
  const fs::path path = daemon_->paths.worktree("api", "a");
  fs::create_directories(path);
  write_file(path / "file", "mine");
  EXPECT_THROW(daemon_->loop.wait_for(resource.acquire(instance)), Error);
  daemon_->loop.wait_for(resource.release(instance, undone));
  EXPECT_EQ(read_file(path / "file"), "mine");
  fs::remove_all(path);
  git({"branch", "instance/a"});
  EXPECT_THROW(daemon_->loop.wait_for(resource.acquire(instance)), Error);
  daemon_->loop.wait_for(resource.release(instance, undone));
  EXPECT_EQ(git({"branch", "--list", "instance/a"}), "  instance/a");
  git({"branch", "-D", "instance/a"});
  // There is no row in which the commit could be noted.
  EXPECT_THROW(daemon_->loop.wait_for(resource.acquire(instance)), Error);
  EXPECT_TRUE(fs::exists(path / "read me.txt"));
  daemon_->loop.wait_for(resource.release(instance, undone));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(traces(), "");
  EXPECT_TRUE(instance.rescue.empty());
}

}  // namespace
}  // namespace yardmaster
