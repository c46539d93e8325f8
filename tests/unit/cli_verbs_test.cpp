// These tests are on what verbs ask of the daemon and make of its answers; the daemon is played by
// the test.
#include <filesystem>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/output/clone_wait.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/release.h"
#include "coordinator/daemon/daemon_lock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/answering_server.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

json done(json data) { return {{"success", true}, {"data", std::move(data)}}; }

json refused(ErrorCode code, const std::string& why) {
  return {{"success", false}, {"code", to_string(code)}, {"error", why}};
}

json instances(std::vector<json> list) { return done({{"instances", std::move(list)}}); }
json repositories(std::vector<json> list) { return done({{"repos", std::move(list)}}); }

json living(const std::string& name, const std::string& role, const std::string& state) {
  return {{"instance_id", name}, {"role", role}, {"repo", "api"}, {"state", state}};
}

struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};

class Verbs : public testing::Test {
 protected:
  Verbs() {
    std::filesystem::create_symlink(server_.path(), place_ / "broker.sock");
    write("config.json", "{}");
  }

  // Returns the file's name.
  std::string write(const std::string& name, const std::string& text) {
    support::write_file(place_ / name, text);
    return (place_ / name).string();
  }

  // A command's answers, one after the other; the last one stays.
  void answer(const std::string& command, std::vector<json> answers) {
    const std::lock_guard lock(mutex_);
    answers_[command] = std::move(answers);
  }
  // The arguments of the requests that came with this command.
  std::vector<json> asked(const std::string& command) {
    const std::lock_guard lock(mutex_);
    return asked_[command];
  }

  Client connect() { return Client(server_.path()); }

  Outcome command(std::vector<std::string> words) {
    words.insert(words.begin(), "yardmaster");
    words.insert(words.end(), {"--config", (place_ / "config.json").string(), "--state-dir",
                               place_.path().string(), "--runtime-dir", place_.path().string()});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.status = run(static_cast<int>(argv.size()), argv.data());
    outcome.output = testing::internal::GetCapturedStdout();
    outcome.errors = testing::internal::GetCapturedStderr();
    return outcome;
  }
  void expect_refusal(int status, const std::vector<std::string>& words, const std::string& says) {
    const Outcome outcome = command(words);
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1);
    EXPECT_THAT(outcome.errors, HasSubstr(says));
  }

 private:
  json next_answer(const std::string& command, const json& arguments) {
    const std::lock_guard lock(mutex_);
    asked_[command].push_back(arguments);
    std::vector<json>& answers = answers_[command];
    if (answers.empty()) return refused(ErrorCode::unknown_command, "unexpected: " + command);
    json next = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    return next;
  }

  support::TemporaryDirectory place_;
  // The server below is the daemon of this yard, so it has its lock.
  DaemonLock lock_{place_ / "daemon.lock"};
  std::mutex mutex_;
  std::map<std::string, std::vector<json>> answers_;
  std::map<std::string, std::vector<json>> asked_;
  AnsweringServer server_{[this](const std::string& command, const json& arguments) {
    return next_answer(command, arguments);
  }};
};

TEST_F(Verbs, a_mistyped_repository_is_not_an_empty_one) {
  answer("list_instances", {instances({})});
  answer("list_repos", {repositories({json{{"name", "api"}}})});
  expect_refusal(2, {"ls", "--repo", "typo"}, "no repository 'typo'");
  expect_refusal(2, {"ls", "--repo", "typo", "--json"}, "no repository 'typo'");
  expect_refusal(2, {"history", "--repo", "typo"}, "no repository 'typo'");
  const Outcome empty = command({"ls", "--repo", "api"});
  EXPECT_EQ(empty.status, 0);
  EXPECT_THAT(empty.output, AllOf(HasSubstr("no instances of api"), HasSubstr("--repo api")));
}

TEST_F(Verbs, history_tells_a_name_that_nobody_had_from_one_that_lives) {
  answer("list_instances", {instances({})});
  expect_refusal(2, {"history", "nobody"}, "'nobody'");
  answer("list_instances", {instances({living("ada", "worker", "running")}), instances({})});
  const Outcome lives = command({"history", "ada"});
  EXPECT_EQ(lives.status, 0);
  EXPECT_THAT(lives.output, HasSubstr("ada has ended yet"));
  EXPECT_THAT(asked("list_instances"),
              Contains(json({{"state", "gone"}, {"name", "ada"}, {"limit", 1}})));
}

const std::vector<json>& both_roles() {
  static const std::vector<json> both{living("api-supervisor", "supervisor", "running"),
                                      living("api-merge-queue", "merge-queue", "idle")};
  return both;
}

json in_place() {
  return {{"name", "api"},  {"path", "/src/api"},    {"url", "host:api"},
          {"owned", false}, {"base_branch", "main"}, {"state", "ready"}};
}

json clone() {
  json repository = in_place();
  repository["owned"] = true;
  return repository;
}

TEST_F(Verbs, init_can_be_repeated) {
  answer("list_repos", {repositories({clone()})});
  answer("list_instances", {instances(both_roles())});
  const Outcome outcome = command({"init", "host:api", "--base", "main"});
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("api-supervisor"), HasSubstr("api-merge-queue")));
  EXPECT_THAT(asked("allocate_instance"), IsEmpty());
  EXPECT_THAT(asked("add_repo"), IsEmpty());
}

TEST_F(Verbs, init_of_a_url_is_not_content_with_a_checkout_that_came_from_there) {
  answer("list_repos", {repositories({in_place()})});
  answer("add_repo", {refused(ErrorCode::already_exists, "choose another name (--name)")});
  expect_refusal(1, {"init", "host:api"}, "choose another name");
  EXPECT_THAT(asked("add_repo"), ElementsAre(json({{"github_url", "host:api"}})));
}

TEST_F(Verbs, init_refuses_another_base_than_the_repository_has) {
  answer("list_repos", {repositories({clone()})});
  expect_refusal(1, {"init", "host:api", "--base", "develop"}, "begin at main");
}

TEST_F(Verbs, init_takes_no_other_instance_for_the_one_it_starts) {
  answer("list_repos", {repositories({clone()})});
  answer("list_instances", {instances({living("api-supervisor", "worker", "running")})});
  const Outcome outcome = command({"init", "host:api"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("worker of api"));
}

TEST_F(Verbs, init_waits_for_an_instance_that_is_starting_or_ending) {
  json starting = living("api-supervisor", "supervisor", "starting");
  json ending = living("api-merge-queue", "merge-queue", "stopping");
  answer("list_repos", {repositories({clone()})});
  answer("list_instances", {instances({starting}), instances({both_roles().front()}),
                            instances({ending}), instances({})});
  answer("allocate_instance", {done(both_roles().back())});
  EXPECT_EQ(command({"init", "host:api"}).status, 0);
  EXPECT_THAT(asked("allocate_instance"),
              ElementsAre(json(
                  {{"instance_id", "api-merge-queue"}, {"role", "merge-queue"}, {"repo", "api"}})));
}

TEST_F(Verbs, what_is_being_ended_already_is_asked_for_again_until_it_is_gone) {
  const json busy = refused(ErrorCode::conflict, "'w' is being allocated or released already");
  answer("release_instance", {busy, busy, done({{"instance_id", "w"}})});
  std::vector<std::string> ended;
  const auto on_released = [&](const json& data) { ended.push_back(text_of(data, "instance_id")); };
  Client client = connect();
  EXPECT_THAT(release_all(client, {"w"}, on_released), IsEmpty());
  EXPECT_THAT(ended, ElementsAre("w"));
  answer("release_instance", {busy, refused(ErrorCode::not_found, "gone meanwhile")});
  EXPECT_THAT(release_all(client, {"w"}, on_released), IsEmpty());
  EXPECT_THAT(ended, ElementsAre("w"));
}

TEST_F(Verbs, what_cannot_be_ended_in_time_is_told_with_the_reason) {
  const auto nobody = [](const json& /*data*/) { FAIL() << "nothing was released"; };
  Client client = connect();
  answer("release_instance", {refused(ErrorCode::storage_full, "no space")});
  EXPECT_THAT(release_all(client, {"w"}, nobody), ElementsAre("w: no space"));
  answer("release_instance", {refused(ErrorCode::conflict, "is being released, tried again")});
  EXPECT_THAT(release_all(client, {"w"}, nobody, std::chrono::milliseconds(1)),
              ElementsAre("w: is being released, tried again"));
}

TEST_F(Verbs, doctor_finds_what_the_daemon_and_spawn_would_refuse) {
  const std::string roles =
      write("roles.json", R"({"roles": {"worker": {"mcp_servers": ["no"]}}})");
  write("config.json", json{{"roles_file", roles}, {"agent_command", "claude | tee log"}}.dump());
  Outcome outcome = command({"doctor"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("roles.worker.mcp_servers[0]"),
                    HasSubstr("the daemon does not start until then"), HasSubstr("unquoted '|'")));
  write("roles.json", "{}");
  write("config.json", json{{"roles_file", roles}, {"agent_command", "sh -c 'exit'"}}.dump());
  outcome = command({"doctor"});
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("those of " + roles), HasSubstr("/sh\n")));
}

TEST_F(Verbs, a_clone_that_failed_says_so_once) {
  const std::string why = "cannot clone host:api: no such host";
  answer("list_repos", {repositories({})});
  answer("add_repo",
         {done({{"name", "api"}, {"url", "host:api"}, {"state", "failed"}, {"error", why}})});
  answer("remove_repo", {done(json::object())});
  expect_refusal(1, {"repo", "add", "host:api"}, "yardmaster: " + why + "\n");
  answer(
      "add_repo",
      {done({{"name", "api"}, {"url", "host:api"}, {"state", "failed"}, {"error", "no branch"}})});
  expect_refusal(1, {"repo", "add", "host:api"}, "cannot clone host:api: no branch");
}

}  // namespace
}  // namespace yardmaster::cli
