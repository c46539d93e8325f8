// What people mistype, and what they may well say, on the command line of `yardmaster`.
#include <algorithm>
#include <array>
#include <sstream>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/cli/output/display_text.h"
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Usage : public AgentYard {
 protected:
  void expect_refusal(const std::vector<std::string>& arguments, int status,
                      const std::string& names) {
    const Finished said = daemon_->command(arguments);
    EXPECT_EQ(said.status, status) << arguments[0] << ": " << said.output;
    EXPECT_THAT(said.errors, HasSubstr(names));
    EXPECT_EQ(std::count(said.errors.begin(), said.errors.end(), '\n'), 1) << said.errors;
  }

  std::string output(const std::vector<std::string>& arguments) {
    const Finished said = daemon_->command(arguments);
    EXPECT_EQ(said.status, 0) << arguments[0] << ": " << said.errors;
    return said.output;
  }
};

TEST_F(Usage, an_unknown_word_is_named_with_what_was_meant) {
  expect_refusal({"sptatus"}, 2, "unknown command 'sptatus'; did you mean status?");
  expect_refusal({"brew"}, 2, "unknown command 'brew' (see yardmaster --help)");
  expect_refusal({"repo", "list"}, 2, "unknown command 'list' (see yardmaster repo --help)");
  EXPECT_THAT(run_yardmaster({"repo"}).errors, HasSubstr("a command is missing: add, ls, rm"));
  expect_refusal({"status", "--jsno"}, 2, "unknown option '--jsno'; did you mean --json?");
  expect_refusal({"ls", "surplus"}, 2, "unexpected argument 'surplus'");
}

TEST_F(Usage, a_name_that_is_none_is_refused_by_its_option) {
  expect_refusal({"spawn", "worker", "--name", "Bad Name"}, 2, "--name: 'Bad Name'");
  expect_refusal({"spawn", "Worker"}, 2, "ROLE: 'Worker'");
  expect_refusal({"rm", "no_name"}, 2, "NAME: 'no_name'");
  expect_refusal({"ls", "--repo", "a/b"}, 2, "--repo: 'a/b'");
  expect_refusal({"agent", "send-message", "@All!", "x", "--from", "a"}, 2, "TO: '@All!'");
}

TEST_F(Usage, an_empty_value_is_a_mistake) {
  expect_refusal({"spawn", "worker", "--agent", ""}, 2, "--agent: must not be empty");
  expect_refusal({"spawn", "worker", "--task", ""}, 2, "--task: must not be empty");
  expect_refusal({"ls", "--config", ""}, 2, "--config: must not be empty");
}

TEST_F(Usage, a_text_may_begin_with_a_hyphen) {
  spawn("ann", "worker");
  spawn("bob", "worker");
  output({"agent", "send-message", "bob", "- one", "--from", "ann"});
  output({"agent", "send-message", "--from", "ann", "bob", "--force does not work"});
  output({"agent", "send-message", "bob", "--from", "ann", "--", "--from"});
  EXPECT_THAT(mail_of("bob"), ::testing::ElementsAre("- one", "--force does not work", "--from"));
  output({"spawn", "worker", "--name", "task", "--repo", "project", "--task", "--fix it"});
  EXPECT_EQ(listed("instances", "task").at("task"), "--fix it");
}

TEST_F(Usage, who_is_not_known_has_no_mailbox) {
  expect_refusal({"agent", "list-messages", "--instance", "nosuch"}, 2, "nosuch");
  spawn("ann", "worker");
  EXPECT_EQ(output({"agent", "list-messages", "--instance", "ann"}), "");
  daemon_->call("release_instance", {{"instance_id", "ann"}});
  EXPECT_EQ(output({"agent", "list-messages", "--instance", "ann"}), "");
}

TEST_F(Usage, what_is_true_already_is_no_error) {
  EXPECT_THAT(output({"start"}), HasSubstr("runs already: pid " + std::to_string(daemon_->pid())));
  EXPECT_THAT(output({"repo", "add", repository().string()}), HasSubstr("is added already"));
  expect_refusal({"repo", "add", repository().string(), "--base", "other"}, 1, "leave --base out");
  expect_refusal({"start", "--store", "postgres"}, 1, "runs already");
}

TEST_F(Usage, a_repository_that_cannot_be_is_refused_with_what_to_do) {
  const std::filesystem::path empty = scratch_ / "empty";
  std::filesystem::create_directories(empty);
  git(empty, {"init", "--quiet"});
  expect_refusal({"repo", "add", empty.string()}, 1, "has no commit yet");
  const Finished said = daemon_->command({"repo", "rm", "nosuch"});
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.errors, AllOf(HasSubstr("no repository 'nosuch'"), Not(HasSubstr("repo add"))));
}

TEST_F(Usage, a_setting_that_is_mistyped_is_said) {
  std::vector<std::string> words{"ls"};
  for (const std::string& word : daemon_->directories()) words.push_back(word);
  const Finished said = run_yardmaster(words, {{"YARDMASTER_KILL_GRACES", "1s"}});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.errors, HasSubstr("YARDMASTER_KILL_GRACES is no setting, and is ignored; did "
                                     "you mean YARDMASTER_KILL_GRACE?"));
}

TEST_F(Usage, a_line_that_is_too_long_is_read_to_its_end_and_refused_with_the_reason) {
  auto client = daemon_->connect();
  client.stream().send("{\"command\":\"" + std::string(8'000'000, 'x') + "\"}\n");
  EXPECT_EQ(client.next_frame().at("code"), "frame_too_large");
}

TEST_F(Usage, groups_explain_themselves_and_not_the_whole_day) {
  for (const char* group : {"repo", "rescue", "config", "agent"}) {
    const std::string help = run_yardmaster({group, "--help"}).output;
    EXPECT_THAT(help, AllOf(HasSubstr("yardmaster " + std::string(group)),
                            Not(HasSubstr("A day with it"))));
  }
  EXPECT_THAT(run_yardmaster({"--help"}).output, HasSubstr("A day with it"));
}

// On a terminal of 80 columns.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& words) {
    const winsize size{24, 80, 0, 0};
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid == 0) {
      std::vector<char*> argv;
      for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(terminal, buffer.data(), buffer.size())) > 0) {
      output_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(terminal);
    ::waitpid(pid, nullptr, 0);
  }

  std::size_t widest() const {
    std::size_t most = 0;
    std::istringstream lines(output_);
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      most = std::max(most, cli::display_width(line));
    }
    return most;
  }
  const std::string& output() const { return output_; }

 private:
  std::string output_;
};

TEST_F(Usage, lists_fit_into_eighty_columns) {
  const std::string name = "a-worker-with-quite-a-long-name";
  const json worker = spawn(name, "worker", "sleep 0.5; exit 3");
  write_file(std::filesystem::path(worker.at("worktree_path").get<std::string>()) / "new",
             "work\n");
  end_of(name);
  spawn("another-one-that-lives-for-long", "supervisor");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"history"}, {"rescue", "ls"}, {"ls"}, {"repo", "ls"}}) {
    std::vector<std::string> words{yardmaster_program()};
    words.insert(words.end(), verb.begin(), verb.end());
    for (const std::string& word : daemon_->directories()) words.push_back(word);
    const Terminal terminal(words);
    EXPECT_LE(terminal.widest(), 80U) << terminal.output();
    EXPECT_THAT(terminal.output(), HasSubstr("\n")) << verb[0];
  }
}

TEST_F(Usage, numbers_in_names_count_as_numbers) {
  for (const char* name : {"w-10", "w-7", "w-9"}) spawn(name, "worker");
  const std::string list = output({"ls"});
  EXPECT_LT(list.find("w-7"), list.find("w-9"));
  EXPECT_LT(list.find("w-9"), list.find("w-10"));
}

}  // namespace
}  // namespace yardmaster::support
