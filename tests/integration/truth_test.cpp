// What is said of things that are lost, damaged or stay: no more than is true.
#include <fstream>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "coordinator/base/unique_fd.h"
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Truth : public AgentYard {
 protected:
  std::string doctor() const { return daemon_->command({"doctor"}).output; }
};

TEST_F(Truth, doctor_finds_a_damaged_database_and_a_lost_one) {
  EXPECT_THAT(doctor(), HasSubstr("yard.db is whole"));
  daemon_->stop();
  EXPECT_THAT(doctor(), HasSubstr("yard.db is whole"));
  const fs::path file = daemon_->database();
  {
    std::fstream database(file, std::ios::binary | std::ios::in | std::ios::out);
    database.seekp(4096);
    database << std::string(12'288, '\xa5');
  }
  EXPECT_THAT(doctor(), AllOf(HasSubstr("broken"), HasSubstr("is damaged")));
  write_file(file, "no database at all, but some text\n");
  EXPECT_THAT(doctor(), HasSubstr("is damaged"));
  fs::remove(file);
  EXPECT_THAT(doctor(), HasSubstr("yard.db is gone"));
  EXPECT_FALSE(fs::exists(file)) << "a look makes none";
}

TEST_F(Truth, after_a_lost_database_what_was_kept_is_listed_and_nothing_is_denied) {
  const json worker = spawn("worker", "worker");
  const fs::path worktree = worker.at("worktree_path").get<std::string>();
  make_repository(worktree / "nested");
  kill_agent(worker);
  const json kept = end_of("worker").at("rescue");
  ASSERT_EQ(kept.size(), 1U);
  daemon_->stop();
  for (const std::string suffix : {"", "-wal", "-shm"}) {
    fs::remove(daemon_->database().string() + suffix);
  }
  fs::remove(daemon_->state_dir() / "yard.json");
  daemon_->start();
  const std::string listed = daemon_->command({"rescue", "ls"}).output;
  EXPECT_THAT(listed, HasSubstr(kept[0].get<std::string>()));
  fs::remove_all(daemon_->state_dir() / "rescue");
  const std::string none = daemon_->command({"rescue", "ls"}).output;
  EXPECT_THAT(none,
              AllOf(HasSubstr("no repository is added"), Not(HasSubstr("nothing was rescued"))));
}

// A file that not even root can delete; false where there is no such thing.
bool make_immutable(const fs::path& file, bool on) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  int flags = 0;
  if (!descriptor || ::ioctl(descriptor.get(), FS_IOC_GETFLAGS, &flags) != 0) return false;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  return ::ioctl(descriptor.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

TEST_F(Truth, a_cleanup_frees_nothing_that_it_cannot_delete) {
  const fs::path trash = daemon_->state_dir() / "worktrees/.trash/old";
  fs::create_directories(trash);
  write_file(trash / "stays", std::string(100'000, 'x'));
  if (!make_immutable(trash / "stays", true)) GTEST_SKIP() << "no immutable files here";
  const Finished first = daemon_->command({"cleanup"});
  const Finished second = daemon_->command({"cleanup"});
  EXPECT_TRUE(make_immutable(trash / "stays", false));
  for (const Finished& cleanup : {first, second}) {
    EXPECT_THAT(cleanup.output, Not(HasSubstr("freed")));
    EXPECT_THAT(cleanup.errors, HasSubstr("cannot delete " + trash.string()));
  }
  EXPECT_EQ(daemon_->command({"cleanup"}).status, 0);
  EXPECT_TRUE(eventually([&] { return !fs::exists(trash); })) << "it can be deleted again";
}

}  // namespace
}  // namespace yardmaster::support
