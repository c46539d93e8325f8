// A file system that does not answer: see preload/faults.cpp.
#include <fcntl.h>
#include <sys/stat.h>

#include "coordinator/base/unique_fd.h"
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class HangingFiles : public AgentYard {
 protected:
  HangingFiles() {
    EXPECT_EQ(::mkfifo(gate_.c_str(), 0600), 0);
    make_repository(scratch_ / "other");
    configure({{"file_timeout", "100ms"}},
              {{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT_HANG_PIPE", gate_.string()}});
    daemon_->call("add_repo", {{"name", "other"}, {"path", (scratch_ / "other").string()}});
  }
  // Its thread comes back whatever the test found.
  ~HangingFiles() override { answer(); }

  void answer() {
    if (!reader_) reader_ = UniqueFd(::open(gate_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  std::string code_of(const std::string& command, const json& arguments) {
    return daemon_->connect().code_of(command, arguments);
  }
  bool logs(const std::string& text) const {
    return eventually([&] { return daemon_->log().find(text) != std::string::npos; });
  }
  std::filesystem::path worktree() const {
    return daemon_->state_dir() / "worktrees/project/hangs";
  }

  const std::filesystem::path gate_ = scratch_ / "gate";
  UniqueFd reader_;
};

TEST_F(HangingFiles, hold_up_their_repository_only_until_they_answer_and_no_other) {
  spawn("hangs", "worker");
  EXPECT_EQ(code_of("release_instance", {{"instance_id", "hangs"}, {"force", true}}),
            "unavailable");
  EXPECT_TRUE(logs("has not answered for 100ms"));
  EXPECT_EQ(listed("instances", "hangs").at("state"), "stopping");
  EXPECT_EQ(code_of("allocate_instance", request("next", "worker")), "unavailable");
  daemon_->call("allocate_instance",
                {{"instance_id", "elsewhere"}, {"role", "worker"}, {"repo", "other"}});
  EXPECT_TRUE(std::filesystem::exists(worktree()));
  answer();
  end_of("hangs");
  EXPECT_FALSE(std::filesystem::exists(worktree()));
  EXPECT_TRUE(eventually([&] { return !lives("next"); }));
  EXPECT_TRUE(logs("answers again"));
  spawn("another", "worker");
  spawn("hangs", "worker");
}

}  // namespace
}  // namespace yardmaster::support
