// The tools of `yardmaster mcp`, listed and called by the MCP Inspector's command line.
#include "tests/agents/real_agents.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Inspector : public RealAgents {
 protected:
  // Starts a server as `who`, asks it for one thing and ends.
  json inspect(const std::string& who, std::vector<std::string> arguments) const {
    std::vector<std::string> words{
        "node", (agents() / "@modelcontextprotocol/inspector/cli/build/cli.js").string(), "--cli"};
    const auto server = daemon_->command_words({"mcp", "--as", who});
    words.insert(words.end(), server.begin(), server.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Finished finished = run({.argv = words}, Deadline(patience));
    EXPECT_EQ(finished.status, 0) << finished.errors << finished.output;
    return json::parse(finished.output, nullptr, false);
  }
  json use(const std::string& who, const std::string& tool,
           const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> words{"--method", "tools/call", "--tool-name", tool};
    for (const std::string& argument : arguments) {
      words.insert(words.end(), {"--tool-arg", argument});
    }
    const json result = inspect(who, words);
    EXPECT_FALSE(result.value("isError", true)) << tool << ": " << result;
    return result.value("structuredContent", json());
  }
};

TEST_F(Inspector, lists_our_tools_and_calls_each) {
  spawn("giver", "worker");
  spawn("taker", "worker");
  std::vector<std::string> left;
  for (const json& tool : inspect("giver", {"--method", "tools/list"}).at("tools")) {
    left.push_back(tool.at("name"));
  }
  const auto used = [&](const std::string& tool) { std::erase(left, tool); };
  const json sent = use("giver", "send", {"to=taker", "body=hello"});
  used("send");
  use("giver", "broadcast", {"body=hello all"});
  used("broadcast");
  EXPECT_EQ(use("taker", "inbox").at("messages").size(), 2U);
  used("inbox");
  const std::string id = "id=" + std::to_string(sent.at("id").get<std::uint64_t>());
  EXPECT_EQ(use("taker", "read", {id}).at("body"), "hello");
  used("read");
  use("taker", "ack", {id});
  used("ack");
  use("giver", "context_append", {"data=what and why"});
  used("context_append");
  EXPECT_EQ(use("giver", "context_read").at("entries").size(), 1U);
  used("context_read");
  const json offer = use("giver", "handoff", {"to=taker", "summary=go on"});
  used("handoff");
  use("taker", "accept", {"id=" + std::to_string(offer.at("id").get<std::uint64_t>())});
  used("accept");
  EXPECT_EQ(use("taker", "status").at("you"), "taker");
  used("status");
  use("taker", "complete", {"summary=done"});
  used("complete");
  EXPECT_EQ(end_of("taker").at("summary"), "done");
  EXPECT_THAT(left, testing::IsEmpty()) << "a tool that nobody called";
  const json resources = inspect("giver", {"--method", "resources/list"}).at("resources");
  EXPECT_EQ(resources.size(), 2U);
}

}  // namespace
}  // namespace yardmaster::support
