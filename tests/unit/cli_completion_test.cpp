// What a shell is offered at each place of a command line.
#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/cli/command_line.h"
#include "coordinator/cli/completion.h"

namespace yardmaster::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

class Completions : public testing::Test {
 protected:
  Completions() { add_verbs(app_, places_, status_); }

  Completion at(const std::vector<std::string>& words) {
    const auto names = [this](Names kind) {
      asked_.insert(kind);
      return std::vector<Candidate>{{"worker-1", "worker, running"}, {"boss", "supervisor, idle"}};
    };
    return complete(app_, read_typed(app_, words), names);
  }

  std::vector<std::string> offered(const std::vector<std::string>& words) {
    asked_.clear();
    std::vector<std::string> offered;
    for (const Candidate& each : at(words).candidates) offered.push_back(each.word);
    return offered;
  }

  CLI::App app_{"", "yardmaster"};
  Places places_;
  int status_ = 0;
  std::set<Names> asked_;
};

TEST_F(Completions, begin_with_the_verbs_for_people) {
  EXPECT_THAT(offered({""}), IsSupersetOf({"start", "spawn", "ls", "handoff", "help"}));
  EXPECT_THAT(offered({""}), Not(Contains("complete-words")));
  EXPECT_THAT(offered({"spa"}), ElementsAre("spawn"));
  EXPECT_THAT(offered({}), Contains("start"));
  EXPECT_THAT(at({"spa"}).candidates.front().help, StartsWith("Start an agent"));
}

TEST_F(Completions, have_the_verbs_below_a_verb_beside_its_arguments) {
  EXPECT_THAT(offered({"rescue", ""}), ElementsAre("ls", "restore"));
  EXPECT_THAT(offered({"handoff", ""}),
              ElementsAre("ls", "show", "accept", "cancel", "worker-1", "boss"));
  EXPECT_THAT(offered({"handoff", "worker-1", ""}), ElementsAre("worker-1", "boss"));
  EXPECT_THAT(offered({"handoff", "worker-1", "boss", ""}), IsEmpty());
  EXPECT_THAT(offered({"list", "--al"}), ElementsAre("--all")) << "by its other name";
}

TEST_F(Completions, have_the_options_of_that_verb_alone) {
  EXPECT_THAT(offered({"rm", "--"}), IsSupersetOf({"--force", "--json", "--state-dir", "--help"}));
  EXPECT_THAT(offered({"rm", "--"}), Not(Contains("--task")));
  EXPECT_THAT(offered({"start", "--det"}), IsEmpty()) << "what is hidden stays hidden";
  EXPECT_THAT(offered({"rm", "--", "--f"}), IsEmpty()) << "it is no option any more";
}

TEST_F(Completions, have_the_names_that_a_place_takes) {
  EXPECT_THAT(offered({"rm", "w"}), ElementsAre("worker-1"));
  EXPECT_THAT(asked_, ElementsAre(Names::instances));
  offered({"repo", "rm", ""});
  EXPECT_THAT(asked_, ElementsAre(Names::repositories));
  offered({"spawn", ""});
  EXPECT_THAT(asked_, ElementsAre(Names::roles));
  offered({"send", ""});
  EXPECT_THAT(asked_, ElementsAre(Names::recipients));
  offered({"ls", "--repo", ""});
  EXPECT_THAT(asked_, ElementsAre(Names::repositories));
}

TEST_F(Completions, tell_a_value_from_what_follows_it) {
  EXPECT_THAT(offered({"ls", "--repo=w"}), ElementsAre("--repo=worker-1"));
  EXPECT_THAT(offered({"ls", "--repo", "api", ""}), IsEmpty());
  EXPECT_THAT(offered({"rm", "--force", ""}), ElementsAre("worker-1", "boss"));
  EXPECT_THAT(offered({"inbox", "--status", "r"}), ElementsAre("read"));
  EXPECT_THAT(offered({"spawn", "--task", "rm", ""}), Contains("worker-1")) << "rm was the task";
}

TEST_F(Completions, leave_files_to_the_shell) {
  EXPECT_TRUE(at({"backup", ""}).files);
  EXPECT_TRUE(at({"ls", "--state-dir", ""}).files);
  EXPECT_TRUE(at({"context", "import", ""}).files);
  EXPECT_FALSE(at({"rm", ""}).files);
}

TEST_F(Completions, of_help_are_the_words_of_verbs) {
  EXPECT_THAT(offered({"help", "ha"}), ElementsAre("handoff"));
  EXPECT_THAT(offered({"help", "context", "s"}), ElementsAre("show"));
  EXPECT_THAT(offered({"help", "proto"}), ElementsAre("protocol"));
  EXPECT_THAT(offered({"help", "nonsense", ""}), IsEmpty());
}

TEST_F(Completions, know_which_yard_was_named) {
  const TypedLine typed =
      read_typed(app_, {"ls", "--state-dir", "/yard", "--config=/yard.json", "--repo", ""});
  EXPECT_EQ(typed.values.at("--state-dir"), "/yard");
  EXPECT_EQ(typed.values.at("--config"), "/yard.json");
}

// What is free to choose has nothing to be completed with.
bool is_free(const std::string& name) {
  static const std::set<std::string> free{"--name", "--key", "--summary", "--kind", "NAME|PATH"};
  return free.contains(name);
}

bool names_something(const CLI::Option& option) {
  static const std::set<std::string> kinds{"NAME",  "TO",       "FROM",    "CONTEXT", "ROLE",
                                           "PATH",  "DIR",      "FILE",    "STATUS",  "STATE",
                                           "SHELL", "REF|NAME", "PATH|URL"};
  const bool is_positional = option.get_positional();
  return kinds.contains(is_positional ? option.get_name(true) : option.get_type_name());
}

void expect_completed(CLI::App& verb, const std::string& path) {
  const auto shown = [](const CLI::App* child) { return !child->get_group().empty(); };
  for (CLI::App* child : verb.get_subcommands(shown)) {
    expect_completed(*child, path + " " + child->get_name());
  }
  for (CLI::Option* option : verb.get_options([](const CLI::Option*) { return true; })) {
    if (!names_something(*option) || is_free(option->get_name())) continue;
    EXPECT_TRUE(completion_names(*option) || !completion_words(*option).empty())
        << path << " " << option->get_name() << " is not completed";
  }
}

TEST_F(Completions, are_there_wherever_something_is_named) { expect_completed(app_, "yardmaster"); }

}  // namespace
}  // namespace yardmaster::cli
