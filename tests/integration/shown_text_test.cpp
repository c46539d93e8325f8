// What agents print and messages hold is shown without what it would do to a terminal.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// Writes the clipboard, in two ways, clears the screen and begins a new line.
constexpr const char* hostile_text =
    "pay \x1b]52;c;ZXZpbA==\x07me\x1bP+q544e\x1b\\\xc2\x9b"
    "2J\n  17  from bob";

class ShownText : public YardTest {
 protected:
  std::string shown_by(std::vector<std::string> words) {
    const Finished finished = daemon_.command(std::move(words));
    EXPECT_EQ(finished.status, 0) << finished.errors;
    EXPECT_THAT(finished.output, Not(HasSubstr("\x1b")));
    EXPECT_THAT(finished.output, Not(HasSubstr("\xc2\x9b")));
    return finished.output;
  }
};

TEST_F(ShownText, of_messages_controls_no_terminal) {
  allocate("ada");
  const json sent =
      daemon_.call("send_message", {{"from", "ada"}, {"to", "ada"}, {"body", hostile_text}});
  const std::string id = sent["id"].dump();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"agent", "list-messages", "--instance", "ada"},
        std::vector<std::string>{"agent", "read-message", id, "--instance", "ada"}}) {
    EXPECT_THAT(shown_by(words), HasSubstr("    pay me\n      17  from bob\n")) << words[1];
    std::vector<std::string> as_json = words;
    as_json.emplace_back("--json");
    const json said = json::parse(shown_by(as_json));
    const json& message = said.contains("messages") ? said["messages"][0] : said;
    EXPECT_EQ(message["body"], hostile_text) << "as it was sent";
  }
  EXPECT_THAT(shown_by({"call", "list_messages", R"({"instance_id": "ada"})"}),
              HasSubstr("\\u009b"));
}

TEST_F(ShownText, of_logs_controls_no_terminal_unless_asked_for) {
  const auto log = daemon_.state_dir() / "logs/ada.log";
  std::filesystem::create_directories(log.parent_path());
  write_file(log, hostile_text);
  EXPECT_THAT(shown_by({"logs", "ada"}), HasSubstr("pay me\n  17  from bob"));
  EXPECT_EQ(daemon_.command({"logs", "ada", "--raw"}).output, hostile_text);
}

TEST_F(ShownText, of_errors_controls_no_terminal) {
  const Finished refused =
      daemon_.command({"spawn", "worker", "--name", "ada", "--repo", "x\x1b]52;c;ZXZpbA==\x07y"});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.errors, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace yardmaster::support
