// The verbs by which people and agents talk: messages, contexts and handoffs.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Talk : public YardTest {
 protected:
  Talk() {
    allocate("ada");
    allocate("bob");
  }

  // The output of a verb that has to succeed.
  std::string said(std::vector<std::string> words) const {
    const Finished finished = daemon_.command(std::move(words));
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return finished.output;
  }

  // A verb that has to fail with one line, which it gives.
  std::string refused(int status, std::vector<std::string> words) const {
    const Finished finished = daemon_.command(std::move(words));
    EXPECT_EQ(finished.status, status) << finished.output << finished.errors;
    EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1)
        << finished.errors;
    return finished.errors;
  }

  // The number of a message that is sent so.
  std::string sent(std::vector<std::string> words) const {
    words.insert(words.begin(), "send");
    words.emplace_back("--json");
    return json::parse(said(std::move(words))).at("id").dump();
  }

  TemporaryDirectory place_;
};

TEST_F(Talk, a_message_is_sent_listed_read_and_acked) {
  const std::string id = sent({"bob", "the tests\nare red", "--from", "ada"});
  EXPECT_THAT(said({"inbox", "--as", "bob"}), HasSubstr("the tests are red"));
  EXPECT_THAT(said({"read", id, "--as", "bob"}),
              HasSubstr("from ada  read\n    the tests\n    are red\n"));
  EXPECT_EQ(said({"ack", id, "--as", "bob"}), "message " + id + " is acked\n");
  EXPECT_EQ(said({"inbox", "--as", "bob"}), "no messages\n");
}

TEST_F(Talk, several_messages_are_read_and_acked_at_once) {
  const std::string first = sent({"bob", "one", "--from", "ada"});
  const std::string second = sent({"bob", "two", "--from", "ada"});
  const std::string shown = said({"read", first, second, "--as", "bob"});
  EXPECT_THAT(shown, HasSubstr("    one\n"));
  EXPECT_THAT(shown, HasSubstr("    two\n"));
  said({"ack", first, second, "--as", "bob"});
  EXPECT_EQ(said({"inbox", "--as", "bob"}), "no messages\n");
}

TEST_F(Talk, a_text_that_begins_with_a_dash_is_a_text) {
  const std::string id = sent({"bob", "-5 points", "--from", "ada"});
  EXPECT_THAT(said({"read", id, "--as", "bob"}), HasSubstr("    -5 points\n"));
}

TEST_F(Talk, the_person_at_the_terminal_sends_and_is_answered) {
  sent({"bob", "how far are you?"});
  EXPECT_THAT(said({"inbox", "--as", "bob"}), HasSubstr("user"));
  const std::string answer = sent({"user", "nearly there", "--from", "bob"});
  EXPECT_THAT(said({"inbox"}), HasSubstr("nearly there"));
  said({"ack", answer});
  EXPECT_EQ(said({"inbox"}), "no messages\n");
}

TEST_F(Talk, no_instance_takes_the_name_of_the_person) {
  auto client = daemon_.connect();
  EXPECT_EQ(client.code_of("allocate_instance", {{"instance_id", "user"}, {"role", "worker"}}),
            "invalid_request");
}

TEST_F(Talk, who_waits_for_an_answer_hears_of_it) {
  ChildProcess waiting(
      {.argv = daemon_.command_words({"send", "bob", "please answer", "--from", "ada", "--wait",
                                      "acked", "--timeout", "60"})});
  json messages;
  ASSERT_TRUE(eventually([&] {
    messages = daemon_.call("list_messages", {{"instance_id", "bob"}}).at("messages");
    return !messages.empty();
  }));
  const std::string id = messages[0].at("id").dump();
  said({"read", id, "--as", "bob"});
  EXPECT_TRUE(waiting.running()) << "read is not acked";
  said({"ack", id, "--as", "bob"});
  EXPECT_EQ(waiting.wait().value_or(-1), 0) << waiting.errors();
}

TEST_F(Talk, who_waits_in_vain_is_told_that_the_message_stays) {
  EXPECT_THAT(
      refused(4, {"send", "bob", "hello", "--from", "ada", "--wait", "read", "--timeout", "0"}),
      HasSubstr("stays in the recipient's inbox"));
  EXPECT_EQ(daemon_.call("list_messages", {{"instance_id", "bob"}}).at("messages").size(), 1U);
}

TEST_F(Talk, what_cannot_be_sent_is_refused_in_one_line) {
  EXPECT_THAT(refused(2, {"send", "nobody", "hello", "--from", "ada"}), HasSubstr("nobody"));
  EXPECT_THAT(refused(2, {"send", "bob", "", "--from", "ada"}), HasSubstr("nothing to send"));
  EXPECT_THAT(refused(2, {"send", "bob", "hello", "--wait", "eaten"}), HasSubstr("eaten"));
  EXPECT_THAT(refused(2, {"ack", "x", "--as", "bob"}), HasSubstr("'x' is not a whole number"));
  const std::string id = sent({"bob", "hello", "--from", "ada"});
  EXPECT_THAT(refused(2, {"ack", id, "--as", "ada"}), HasSubstr("'ada' has no message " + id));
}

TEST_F(Talk, a_context_is_kept_exported_and_imported_whole) {
  said({"context", "append", "keep the old parser", "--kind", "decision", "--as", "ada"});
  said({"context", "append", "second\nline", "--as", "ada"});
  EXPECT_THAT(said({"context", "show", "ada"}),
              HasSubstr("decision\n    keep the old parser\n2  "));
  const auto file = place_ / "ada.jsonl";
  write_file(file, said({"context", "export", "ada"}));
  EXPECT_EQ(said({"context", "import", file.string(), "--context", "bob"}),
            "2 entries added to bob\n");
  const auto entries = daemon_.call("read_context", {{"context", "bob"}}).at("entries");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("kind"), "decision");
  EXPECT_EQ(entries[1].at("data"), "second\nline");
}

TEST_F(Talk, a_damaged_export_adds_nothing) {
  const auto file = place_ / "damaged.jsonl";
  write_file(file, R"({"kind":"note","data":"first"})"
                   "\n"
                   R"({"kind":"note"})"
                   "\n");
  EXPECT_THAT(refused(2, {"context", "import", file.string(), "--context", "bob"}),
              HasSubstr("damaged.jsonl:2: an entry has a kind and data"));
  EXPECT_EQ(daemon_.call("read_context", {{"context", "bob"}}).at("last_seq"), 0);
}

TEST_F(Talk, a_handoff_is_offered_checked_and_accepted) {
  append("ada", 1, 2'500);
  const json offered =
      json::parse(said({"handoff", "ada", "bob", "--summary", "half done", "--json"}));
  EXPECT_EQ(offered.at("count"), 2'500);
  const std::string id = offered.at("id").dump();
  EXPECT_THAT(said({"handoff", "ls"}), HasSubstr("half done"));
  EXPECT_THAT(said({"handoff", "show", id}), HasSubstr("is pending"));
  EXPECT_THAT(said({"handoff", "accept", id, "--as", "bob"}),
              HasSubstr("(2500 entries) from ada to bob is accepted"));
  EXPECT_EQ(daemon_.call("read_context", {{"context", "ada"}, {"limit", 1}}).at("owner"), "bob");
  EXPECT_EQ(said({"handoff", "ls"}), "no handoffs\n");
}

TEST_F(Talk, a_handoff_is_taken_back) {
  append("ada", 1, 1);
  const std::string id = json::parse(said({"handoff", "ada", "bob", "--json"})).at("id").dump();
  EXPECT_THAT(said({"handoff", "cancel", id, "--as", "ada"}), HasSubstr("is cancelled"));
  EXPECT_THAT(refused(2, {"handoff", "accept", id, "--as", "bob"}),
              HasSubstr("there is no pending handoff " + id));
  EXPECT_THAT(refused(2, {"handoff", "ada"}), HasSubstr("from whom to whom"));
}

TEST_F(Talk, events_are_told_as_they_happen) {
  ChildProcess telling(
      {.argv = daemon_.command_words({"events", "--only", "message,message_status"})});
  std::string id;
  // Until it has subscribed, nothing is told.
  ASSERT_TRUE(eventually([&] {
    id = sent({"bob", "hello", "--from", "ada"});
    return telling.output().find(" from ada to bob: hello\n") != std::string::npos;
  }));
  said({"ack", id, "--as", "bob"});
  EXPECT_TRUE(eventually([&] {
    return telling.output().find("message " + id + " to bob is acked\n") != std::string::npos;
  })) << telling.output();
}

TEST_F(Talk, no_daemon_is_told_by_the_exit_status) {
  daemon_.kill();
  EXPECT_THAT(refused(5, {"inbox"}), HasSubstr("no daemon"));
}

}  // namespace
}  // namespace yardmaster::support
