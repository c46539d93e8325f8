// `yardmaster mcp`: what an agent's MCP client asks of it, in the three revisions that it speaks.
#include <gmock/gmock.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json request(int id, const std::string& method, json params = json::object()) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

json modern(int id, const std::string& method, json params = json::object()) {
  params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                     {"io.modelcontextprotocol/clientCapabilities", json::object()}};
  return request(id, method, std::move(params));
}

json tool_call(int id, const std::string& tool, json arguments = json::object()) {
  return request(id, "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
}

class Mcp : public YardTest {
 protected:
  Mcp() {
    allocate("ada");
    allocate("bob");
  }

  // Has a server that speaks for `who` answer these lines.
  std::vector<json> answers_to_lines(const std::string& lines,
                                     const std::string& who = "ada") const {
    const Finished finished =
        run({.argv = daemon_.command_words({"mcp", "--as", who}), .input = lines});
    EXPECT_EQ(finished.status, 0) << finished.errors;
    std::vector<json> answers;
    std::istringstream output(finished.output);
    for (std::string line; std::getline(output, line);) answers.push_back(json::parse(line));
    return answers;
  }

  std::vector<json> answers(const std::vector<json>& requests,
                            const std::string& who = "ada") const {
    std::string lines;
    for (const json& each : requests) lines += each.dump() + "\n";
    return answers_to_lines(lines, who);
  }

  // The answer to one call of a tool, which has to succeed.
  json done(const std::string& who, const std::string& tool,
            json arguments = json::object()) const {
    const auto said = answers({tool_call(1, tool, std::move(arguments))}, who);
    EXPECT_EQ(said.size(), 1U);
    const json& result = said.at(0).at("result");
    EXPECT_EQ(result.at("isError"), false) << result;
    EXPECT_EQ(json::parse(result.at("content").at(0).at("text").get<std::string>()),
              result.at("structuredContent"));
    return result.at("structuredContent");
  }
};

TEST_F(Mcp, older_revisions_begin_with_a_handshake) {
  for (const std::string version : {"2025-06-18", "2025-11-25"}) {
    const auto said = answers({request(0, "initialize", {{"protocolVersion", version}}),
                               {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}},
                               request(1, "ping"),
                               request(2, "tools/list")});
    ASSERT_EQ(said.size(), 3U) << "a notification is not answered";
    EXPECT_EQ(said[0].at("result").at("protocolVersion"), version);
    EXPECT_EQ(said[0].at("result").at("serverInfo").at("name"), "yardmaster");
    EXPECT_EQ(said[1].at("result"), json::object());
    EXPECT_EQ(said[2].at("result").at("tools").size(), 11U);
  }
  const auto said = answers({request(0, "initialize", {{"protocolVersion", "1999-01-01"}})});
  EXPECT_EQ(said.at(0).at("result").at("protocolVersion"), "2025-11-25") << "one that it speaks";
}

TEST_F(Mcp, the_newest_revision_needs_no_handshake) {
  const auto said = answers({modern(0, "server/discover"), modern(1, "tools/list"),
                             modern(2, "ping"), modern(3, "initialize")});
  ASSERT_EQ(said.size(), 4U);
  const json& discovered = said[0].at("result");
  EXPECT_EQ(discovered.at("supportedVersions"),
            json::array({"2026-07-28", "2025-11-25", "2025-06-18"}));
  EXPECT_EQ(discovered.at("resultType"), "complete");
  EXPECT_TRUE(discovered.at("ttlMs").is_number_unsigned());
  EXPECT_EQ(discovered.at("cacheScope"), "private");
  EXPECT_EQ(discovered.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name"),
            "yardmaster");
  EXPECT_EQ(said[1].at("result").at("resultType"), "complete");
  EXPECT_EQ(said[2].at("error").at("code"), -32601) << "it has no ping";
  EXPECT_EQ(said[3].at("error").at("code"), -32601);
}

TEST_F(Mcp, an_unknown_revision_is_answered_with_those_that_are_known) {
  json asked = modern(1, "tools/list");
  asked["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "1900-01-01";
  const json error = answers({asked}).at(0).at("error");
  EXPECT_EQ(error.at("code"), -32022);
  EXPECT_EQ(error.at("data").at("requested"), "1900-01-01");
  EXPECT_EQ(error.at("data").at("supported").at(0), "2026-07-28");
}

TEST_F(Mcp, what_is_no_request_gets_the_error_that_json_rpc_names) {
  const auto said = answers_to_lines(
      "{bad\n"
      "[]\n"
      "\n"
      R"({"id":1,"method":"ping"})"
      "\n"
      R"({"jsonrpc":"2.0","id":{},"method":"ping"})"
      "\n"
      R"({"jsonrpc":"2.0","id":2,"method":"ping","params":[]})"
      "\n"
      R"({"jsonrpc":"2.0","id":3,"method":"no/such"})"
      "\n"
      R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"no_such"}})"
      "\n"
      R"({"jsonrpc":"2.0","id":5,"result":{}})"
      "\n");
  std::vector<int> codes;
  for (const json& each : said) codes.push_back(each.at("error").at("code").get<int>());
  EXPECT_THAT(codes, testing::ElementsAre(-32700, -32600, -32600, -32600, -32602, -32601, -32602));
}

TEST_F(Mcp, agents_write_to_each_other) {
  const json sent = done("ada", "send", {{"to", "bob"}, {"body", "hello"}});
  const json inbox = done("bob", "inbox");
  ASSERT_EQ(inbox.at("messages").size(), 1U);
  EXPECT_EQ(inbox["messages"][0].at("body"), "hello");
  EXPECT_EQ(done("bob", "inbox")["messages"][0].at("status"), "delivered") << "it was written out";
  EXPECT_EQ(done("bob", "read", {{"id", sent.at("id")}}).at("status"), "read");
  EXPECT_EQ(done("bob", "ack", {{"id", sent.at("id")}}).at("status"), "acked");
  EXPECT_EQ(done("bob", "broadcast", {{"body", "all of you"}}).at("ids").size(), 1U);
}

TEST_F(Mcp, a_context_is_kept_and_handed_over) {
  EXPECT_EQ(done("ada", "context_append", {{"data", "one"}}).at("seq"), 1);
  EXPECT_EQ(done("ada", "context_append", {{"data", "two"}, {"kind", "decision"}}).at("seq"), 2);
  EXPECT_EQ(done("ada", "context_read").at("entries").size(), 2U);
  const json offered = done("ada", "handoff", {{"to", "bob"}, {"summary", "the parser"}});
  const json status = done("bob", "status");
  EXPECT_EQ(status.at("instances").size(), 2U);
  EXPECT_EQ(status.at("handoffs").at(0).at("id"), offered.at("id"));
  EXPECT_EQ(done("bob", "accept", {{"id", offered.at("id")}}).at("state"), "accepted");
}

TEST_F(Mcp, a_task_is_completed) {
  done("ada", "complete", {{"summary", "done"}});
  EXPECT_TRUE(eventually([&] {
    return daemon_.call("list_instances", {{"name", "ada"}}).at("instances").empty();
  }));
}

TEST_F(Mcp, what_is_refused_is_for_the_model_to_read) {
  const auto said =
      answers({tool_call(1, "send", {{"to", "nobody"}, {"body", "x"}}),
               tool_call(2, "send", {{"to", "bob"}}), tool_call(3, "ack", {{"id", "seven"}}),
               tool_call(4, "status", {{"verbose", true}})});
  for (const json& each : said) EXPECT_EQ(each.at("result").at("isError"), true) << each;
  const auto text = [&](std::size_t i) {
    return said.at(i).at("result").at("content").at(0).at("text").get<std::string>();
  };
  EXPECT_THAT(text(0), HasSubstr("not_found: "));
  EXPECT_EQ(text(1), "invalid_request: body: is missing");
  EXPECT_EQ(text(2), "invalid_request: id: must be a whole number from 0 up");
  EXPECT_EQ(text(3), "invalid_request: there is no argument 'verbose'");
}

TEST_F(Mcp, inbox_and_contexts_are_resources) {
  append("bob", 1, 3);
  const auto said = answers({request(1, "resources/list"), request(2, "resources/templates/list"),
                             request(3, "resources/read", {{"uri", "yardmaster://context/bob"}}),
                             request(4, "resources/read", {{"uri", "yardmaster://inbox"}}),
                             request(5, "resources/read", {{"uri", "yardmaster://context/nobody"}}),
                             modern(6, "resources/read", {{"uri", "file:///etc/passwd"}})});
  EXPECT_EQ(said.at(0).at("result").at("resources").size(), 2U);
  EXPECT_EQ(said.at(1).at("result").at("resourceTemplates").size(), 1U);
  const auto text = said.at(2).at("result").at("contents").at(0).at("text").get<std::string>();
  EXPECT_EQ(json::parse(text).at("entries").size(), 3U);
  EXPECT_TRUE(said.at(3).contains("result"));
  EXPECT_EQ(said.at(4).at("error").at("code"), -32002);
  EXPECT_EQ(said.at(5).at("error").at("code"), -32602);
}

TEST_F(Mcp, a_daemon_that_is_away_fails_the_call_and_not_the_server) {
  daemon_.kill();
  const auto said = answers({tool_call(1, "status"), request(2, "ping")});
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].at("result").at("isError"), true);
  EXPECT_EQ(said[1].at("result"), json::object());
}

}  // namespace
}  // namespace yardmaster::support
