// Each shell completes command lines by its script, with the names that the daemon knows.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

class ShellCompletion : public YardTest {
 protected:
  ShellCompletion() {
    allocate("worker-7");
    allocate("boss", "supervisor");
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const Finished made = run({.argv = {yardmaster_program(), "completion", shell}});
      EXPECT_EQ(made.status, 0) << made.errors;
      write_file(place_ / shell, made.output);
    }
  }

  std::map<std::string, std::string> surroundings() const {
    const std::string programs = std::filesystem::path(yardmaster_program()).parent_path();
    const char* const path = std::getenv("PATH");
    return {{"PATH", programs + ":" + (path == nullptr ? "/usr/bin:/bin" : path)},
            {"YARDMASTER_STATE_DIR", daemon_.state_dir().string()},
            {"YARDMASTER_RUNTIME_DIR", daemon_.runtime_dir().string()},
            {"HOME", place_.path().string()},
            {"TERM", "xterm"}};
  }

  // Types into an interactive shell: the line and a Tab, then, at its beginning, what shows the
  // words that have become of it.
  std::string words_after_tab(const std::string& shell, const std::string& setup,
                              const std::string& typed) const {
    const Finished session =
        run({.argv = {"script", "--quiet", "--return", "--command", shell, "/dev/null"},
             .environment = surroundings(),
             .input = setup + "\n" + typed + "\t\x01printf '<%s>' \nexit\n"});
    const std::size_t begin = session.output.rfind("<yardmaster>");
    if (begin == std::string::npos) return "nothing in: " + session.output;
    const std::string shown = session.output.substr(begin);
    return shown.substr(0, shown.find_last_of('>') + 1);
  }

  std::string bash(const std::string& typed) const {
    return words_after_tab("bash --norc --noprofile -i", "source " + (place_ / "bash").string(),
                           typed);
  }
  std::string zsh(const std::string& typed) const {
    return words_after_tab(
        "zsh -f -i", "autoload -U compinit; compinit -u -D; source " + (place_ / "zsh").string(),
        typed);
  }
  // fish tells its completions without a terminal.
  std::string fish(const std::string& typed) const {
    const Finished told = run({.argv = {"fish", "--no-config", "--command",
                                        "source " + (place_ / "fish").string() +
                                            "; complete --do-complete '" + typed + "'"},
                               .environment = surroundings()});
    EXPECT_EQ(told.errors, "");
    return told.output;
  }

  TemporaryDirectory place_;
};

TEST_F(ShellCompletion, of_bash_knows_verbs_options_and_living_names) {
  EXPECT_EQ(bash("yardmaster spa"), "<yardmaster><spawn>");
  EXPECT_EQ(bash("yardmaster rm --fo"), "<yardmaster><rm><--force>");
  EXPECT_EQ(bash("yardmaster rm wor"), "<yardmaster><rm><worker-7>");
  EXPECT_EQ(bash("yardmaster send @@"), "<yardmaster><send><@@all>");
  EXPECT_EQ(bash("yardmaster inbox --status=pen"), "<yardmaster><inbox><--status=pending>");
  EXPECT_EQ(bash("yardmaster backup b"), "<yardmaster><backup><b>") << "no name, no file";
}

TEST_F(ShellCompletion, of_zsh_knows_verbs_options_and_living_names) {
  EXPECT_EQ(zsh("yardmaster spa"), "<yardmaster><spawn>");
  EXPECT_EQ(zsh("yardmaster rm --fo"), "<yardmaster><rm><--force>");
  EXPECT_EQ(zsh("yardmaster rm wor"), "<yardmaster><rm><worker-7>");
  EXPECT_EQ(zsh("yardmaster send @@"), "<yardmaster><send><@@all>");
  EXPECT_EQ(zsh("yardmaster inbox --status=pen"), "<yardmaster><inbox><--status=pending>");
}

TEST_F(ShellCompletion, of_fish_knows_verbs_options_and_living_names) {
  EXPECT_EQ(fish("yardmaster spa").substr(0, 6), "spawn\t");
  EXPECT_EQ(fish("yardmaster rm --fo").substr(0, 8), "--force\t");
  EXPECT_EQ(fish("yardmaster rm w"), "worker-7\tworker, running\n");
  EXPECT_EQ(fish("yardmaster send @@a"), "@@all\tthe whole yard\n");
  EXPECT_EQ(fish("yardmaster inbox --status=pen"), "--status=pending\n");
}

TEST_F(ShellCompletion, has_the_names_of_the_yard_that_the_line_names) {
  const std::string other = (place_ / "other").string();
  EXPECT_EQ(fish("yardmaster rm --state-dir " + other + " --runtime-dir " + other + " w"), "");
}

TEST_F(ShellCompletion, without_a_daemon_has_the_words_alone_and_says_nothing) {
  daemon_.kill();
  EXPECT_EQ(bash("yardmaster rm wor"), "<yardmaster><rm><wor>");
  EXPECT_EQ(bash("yardmaster rm --fo"), "<yardmaster><rm><--force>");
  const Finished asked = run({.argv = {yardmaster_program(), "complete-words", "--", "rm", ""},
                              .environment = surroundings()});
  EXPECT_EQ(asked.status, 0);
  EXPECT_EQ(asked.output, "");
  EXPECT_EQ(asked.errors, "");
}

}  // namespace
}  // namespace yardmaster::support
