// What does not come from the yard's owner on a Unix socket: over TCP, as another user of a group,
// or through a proxy. All of it needs an access token, and a host and an origin of ours.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/yard_test.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/web_socket.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* ping_frame = R"({"command":"ping"})";

int port_of(const DaemonProcess& daemon) {
  const auto address = daemon.call("status").at("listen").get<std::string>();
  return std::stoi(address.substr(address.rfind(':') + 1));
}

std::string bearing(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

class Door : public testing::Test {
 protected:
  std::string make_token(const std::string& scope, const std::string& name) {
    return daemon_.call("create_token", {{"scope", scope}, {"name", name}}).at("token");
  }

  // The status line that a request gets.
  static std::string status_of(UnixStream stream, const std::string& head,
                               const std::string& body = "") {
    stream.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = stream.receive();
    return answer.substr(0, answer.find('\r'));
  }
  std::string over_tcp(const std::string& target, const std::string& headers) {
    return status_of(UnixStream::to_port(port_), "POST " + target + " HTTP/1.1\r\n" + headers,
                     ping_frame);
  }

  // What a command over TCP is answered with: its code, or "success".
  std::string code_of(const std::string& token, const std::string& command,
                      const json& arguments = json::object()) {
    const std::string body = json{{"command", command}, {"args", arguments}}.dump();
    UnixStream stream = UnixStream::to_port(port_);
    stream.send("POST /command HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                bearing(token) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
    std::string answer;
    for (std::string part; !(part = stream.receive()).empty();) answer += part;
    const json reply = json::parse(answer.substr(answer.find("\r\n\r\n")));
    return reply.at("success") == true ? "success" : reply.at("code").get<std::string>();
  }

  DaemonProcess daemon_{{.config = R"({"listen": "127.0.0.1:0", "allowed_hosts": ["yard.example"],
                                       "allowed_origins": ["https://pane.example"]})"}};
  const int port_ = port_of(daemon_);
};

TEST_F(Door, what_comes_over_tcp_needs_a_token_and_a_host_and_origin_of_ours) {
  const std::string token = make_token("read", "reader");
  const std::string host = "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
  const std::string own_origin = "Origin: http://127.0.0.1:" + std::to_string(port_) + "\r\n";
  const struct {
    std::string headers;
    std::string answer;
  } cases[] = {
      {host + bearing(token), "HTTP/1.1 200 OK"},
      {"Host: LOCALHOST\r\n" + bearing(token), "HTTP/1.1 200 OK"},
      {"Host: [::1]:80\r\n" + bearing(token), "HTTP/1.1 200 OK"},
      {"Host: yard.example\r\n" + bearing(token), "HTTP/1.1 200 OK"},
      {host + own_origin + bearing(token), "HTTP/1.1 200 OK"},
      {host + "Origin: https://pane.example\r\n" + bearing(token), "HTTP/1.1 200 OK"},
      {host, "HTTP/1.1 401 Unauthorized"},
      {host + "Authorization: Bearer \r\n", "HTTP/1.1 401 Unauthorized"},
      {host + bearing(token + "0"), "HTTP/1.1 401 Unauthorized"},
      {host + bearing(token.substr(0, token.size() - 1)), "HTTP/1.1 401 Unauthorized"},
      {host + "Authorization: Basic " + token + "\r\n", "HTTP/1.1 401 Unauthorized"},
      {host + bearing(token) + bearing(token), "HTTP/1.1 401 Unauthorized"},
      {host + "Cookie: token=" + token + "\r\n", "HTTP/1.1 401 Unauthorized"},
      {"Host: attacker.example\r\n" + bearing(token), "HTTP/1.1 421 Misdirected Request"},
      {"Host: localhost:80; script-src *\r\n" + bearing(token), "HTTP/1.1 421 Misdirected Request"},
      {"Host: 127.0.0.1.attacker.example\r\n" + bearing(token), "HTTP/1.1 421 Misdirected Request"},
      {host + "Origin: http://attacker.example\r\n" + bearing(token), "HTTP/1.1 403 Forbidden"},
      {host + "Origin: null\r\n" + bearing(token), "HTTP/1.1 403 Forbidden"},
      {host + "Origin: http://127.0.0.1:1\r\n" + bearing(token), "HTTP/1.1 403 Forbidden"},
      {host + own_origin + "Origin: http://x\r\n" + bearing(token), "HTTP/1.1 403 Forbidden"}};
  for (const auto& each : cases) {
    EXPECT_EQ(over_tcp("/command", each.headers), each.answer) << each.headers;
  }
  for (const std::string target : {"/health", "/metrics", "/instance/anna", "/nowhere"}) {
    EXPECT_EQ(over_tcp(target, host), "HTTP/1.1 401 Unauthorized") << target;
  }
  EXPECT_THROW(WebSocket(UnixStream::to_port(port_), "/ws", host), std::runtime_error);
  WebSocket socket(UnixStream::to_port(port_), "/ws", host + bearing(token));
  socket.send_text(ping_frame);
  EXPECT_EQ(json::parse(socket.receive_text()).at("success"), true);
}

TEST_F(Door, lines_are_not_spoken_over_tcp) {
  UnixStream stream = UnixStream::to_port(port_);
  stream.send(std::string(ping_frame) + "\n\r\n\r\n");
  EXPECT_TRUE(stream.receive().starts_with("HTTP/1.1 400"));
}

TEST_F(Door, a_proxy_of_the_owners_own_needs_a_token_too) {
  const std::string head = "POST /command HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(status_of(UnixStream(daemon_.socket()), head, ping_frame), "HTTP/1.1 200 OK");
  for (const std::string field : {"X-Forwarded-For: 127.0.0.1", "Forwarded: for=x", "Via: 1.1 x",
                                  "X-Real-IP: 127.0.0.1", "X-Forwarded-Host: localhost"}) {
    EXPECT_EQ(status_of(UnixStream(daemon_.socket()), head + field + "\r\n", ping_frame),
              "HTTP/1.1 401 Unauthorized")
        << field;
  }
  const std::string manager = make_token("manage", "manager");
  EXPECT_EQ(status_of(UnixStream(daemon_.socket()), head + "Via: 1.1 x\r\n" + bearing(manager),
                      ping_frame),
            "HTTP/1.1 200 OK");
}

TEST_F(Door, a_token_grants_what_its_scope_says) {
  daemon_.call("allocate_instance", {{"instance_id", "anna"}, {"role", "worker"}});
  const std::string reader = make_token("read", "reader");
  const std::string talker = make_token("talk", "talker");
  const std::string manager = make_token("manage", "manager");
  const json entry{{"context", "anna"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}};
  const json to_anna{{"to", "anna"}, {"body", "hello"}};
  json as_anna = to_anna;
  as_anna["from"] = "anna";
  const struct {
    const char* command;
    json arguments;
    const char* read;
    const char* talk;
    const char* manage;
  } cases[] = {
      {"list_instances", json::object(), "success", "success", "success"},
      {"status", json::object(), "success", "success", "success"},
      {"list_rescues", json::object(), "success", "success", "success"},
      {"send_message", to_anna, "forbidden", "success", "invalid_request"},
      {"send_message", as_anna, "forbidden", "forbidden", "success"},
      {"broadcast",
       {{"to", "@@all"}, {"body", "x"}, {"from", "user"}},
       "forbidden",
       "success",
       "success"},
      {"list_messages", {{"instance_id", "anna"}}, "forbidden", "forbidden", "success"},
      {"list_messages", {{"instance_id", "user"}}, "forbidden", "success", "success"},
      {"read_message", {{"instance_id", "anna"}, {"id", 1}}, "forbidden", "forbidden", "not_found"},
      {"append_context", entry, "forbidden", "forbidden", "success"},
      {"append_entries",
       {{"context", "anna"}, {"seq", 2}, {"entries", json::array({json::array({"note", "y"})})}},
       "forbidden",
       "forbidden",
       "success"},
      {"read_context", {{"context", "anna"}}, "success", "success", "success"},
      {"create_token", json::object(), "forbidden", "forbidden", "success"},
      {"invite_browser", json::object(), "forbidden", "forbidden", "success"},
      {"report_state",
       {{"instance_id", "anna"}, {"state", "idle"}},
       "forbidden",
       "forbidden",
       "success"},
      {"release_instance", {{"instance_id", "anna"}}, "forbidden", "forbidden", "success"}};
  for (const auto& each : cases) {
    EXPECT_EQ(code_of(reader, each.command, each.arguments), each.read) << each.command;
    EXPECT_EQ(code_of(talker, each.command, each.arguments), each.talk) << each.command;
    EXPECT_EQ(code_of(manager, each.command, each.arguments), each.manage) << each.command;
  }
}

TEST_F(Door, who_may_only_read_takes_nobodys_messages) {
  daemon_.call("allocate_instance", {{"instance_id", "anna"}, {"role", "worker"}});
  const std::string host = "Host: localhost\r\n";
  const auto subscribe = [](WebSocket& socket, const json& arguments) {
    socket.send_text(json{{"command", "subscribe"}, {"args", arguments}}.dump());
    return json::parse(socket.receive_text()).value("code", "success");
  };
  WebSocket reader(UnixStream::to_port(port_), "/ws", host + bearing(make_token("read", "reader")));
  EXPECT_EQ(subscribe(reader, {{"events", {"message"}}, {"instance_id", "anna"}}), "forbidden");
  EXPECT_EQ(subscribe(reader, {{"events", {"message"}}, {"instance_id", "user"}}), "forbidden");
  EXPECT_EQ(subscribe(reader, {{"events", {"message", "gone"}}}), "forbidden");
  EXPECT_EQ(subscribe(reader, {{"events", {"unread", "gone"}}}), "success");
  WebSocket talker(UnixStream::to_port(port_), "/ws", host + bearing(make_token("talk", "talker")));
  EXPECT_EQ(subscribe(talker, {{"events", {"message"}}, {"instance_id", "anna"}}), "forbidden");
  EXPECT_EQ(subscribe(talker, {{"events", {"message"}}}), "forbidden");
  EXPECT_EQ(subscribe(talker, {{"events", {"message"}}, {"instance_id", "user"}}), "success");
  daemon_.call("send_message", {{"from", "user"}, {"to", "anna"}, {"body", "hello"}});
  const json unread = json::parse(reader.receive_text());
  EXPECT_EQ(unread.at("event"), "unread");
  EXPECT_EQ(unread.dump().find("hello"), std::string::npos);
  const json listed =
      daemon_.call("list_messages", {{"instance_id", "anna"}, {"status", "pending"}});
  EXPECT_EQ(listed.at("messages").size(), 1U);
}

TEST_F(Door, a_token_that_is_removed_or_rotated_counts_no_more_and_its_sessions_end) {
  const auto command = [&](std::vector<std::string> words) {
    const Finished done = daemon_.command(std::move(words));
    EXPECT_EQ(done.status, 0) << done.errors;
    return done.output;
  };
  const fs::path file = daemon_.state_dir() / "phone.token";
  command({"token", "create", "--scope", "talk", "--name", "phone", "--file", file.string()});
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((daemon_.state_dir() / "tokens.json").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  std::string first = read_file(file);
  first.pop_back();
  EXPECT_EQ(read_file(daemon_.state_dir() / "tokens.json").find(first), std::string::npos);
  EXPECT_THAT(command({"token", "ls"}), HasSubstr("phone"));

  WebSocket before(UnixStream::to_port(port_), "/ws", "Host: localhost\r\n" + bearing(first));
  std::string second = command({"token", "rotate", "phone"});
  second.pop_back();
  EXPECT_TRUE(before.stream().closed_by_peer());
  EXPECT_EQ(over_tcp("/command", "Host: localhost\r\n" + bearing(first)),
            "HTTP/1.1 401 Unauthorized");
  WebSocket after(UnixStream::to_port(port_), "/ws", "Host: localhost\r\n" + bearing(second));
  EXPECT_EQ(code_of(second, "ping"), "success");
  command({"token", "rm", "phone"});
  EXPECT_TRUE(after.stream().closed_by_peer());
  EXPECT_EQ(over_tcp("/command", "Host: localhost\r\n" + bearing(second)),
            "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(daemon_.command({"token", "rm", "phone"}).status, 2);
}

TEST_F(Door, tokens_outlive_the_daemon) {
  const std::string kept = make_token("read", "kept");
  const std::string removed = make_token("read", "removed");
  daemon_.call("remove_token", {{"name", "removed"}});
  daemon_.kill();
  daemon_.start();
  const std::string head = "POST /command HTTP/1.1\r\nHost: localhost\r\n";
  const auto answer = [&](const std::string& token) {
    return status_of(UnixStream::to_port(port_of(daemon_)), head + bearing(token), ping_frame);
  };
  EXPECT_EQ(answer(kept), "HTTP/1.1 200 OK");
  EXPECT_EQ(answer(removed), "HTTP/1.1 401 Unauthorized");
}

TEST_F(Door, connections_that_say_nothing_keep_nobody_out) {
  const std::string token = make_token("read", "reader");
  std::vector<UnixStream> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(UnixStream::to_port(port_));
  EXPECT_EQ(code_of(token, "ping"), "success");
  EXPECT_TRUE(silent.front().closed_by_peer());
}

// With an empty list in its place, what was granted would be gone without a word.
TEST(DoorFile, tokens_that_cannot_be_read_are_told_and_not_forgotten) {
  const TemporaryDirectory yard;
  fs::create_directory(yard / "state");
  fs::permissions(yard / "state", fs::perms(0700));
  for (const std::string text : {"{", R"({"tokens": [{"name": "x"}]})"}) {
    write_file(yard / "state" / "tokens.json", text);
    const Finished refused = run_yardmaster({"start", "--state-dir", (yard / "state").string(),
                                             "--runtime-dir", (yard / "run").string()});
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.errors, HasSubstr("tokens.json: cannot be read"));
    EXPECT_EQ(read_file(yard / "state" / "tokens.json"), text);
  }
}

TEST_F(Door, an_address_that_cannot_be_used_is_told_in_one_line) {
  const TemporaryDirectory elsewhere;
  const struct {
    std::string address;
    std::string told;
  } cases[] = {{"127.0.0.1:" + std::to_string(port_), "Address already in use"},
               {"0.0.0.0:0", "is not a loopback address"},
               {"localhost", "is not ADDRESS:PORT"}};
  for (const auto& each : cases) {
    const Finished refused =
        run_yardmaster({"start", "--state-dir", (elsewhere / "state").string(), "--runtime-dir",
                        (elsewhere / "run").string(), "--listen", each.address});
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.errors, HasSubstr("listen: "));
    EXPECT_THAT(refused.errors, HasSubstr(each.told));
    EXPECT_EQ(std::count(refused.errors.begin(), refused.errors.end(), '\n'), 1) << refused.errors;
  }
}

}  // namespace
}  // namespace yardmaster::support
