// HTTP and WebSocket on the same socket, asked by clients that share no code with the daemon.
#include <string>

#include "tests/integration/yard_test.h"
#include "tests/support/web_socket.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Http : public YardTest {
 protected:
  void TearDown() override { expect_bystander_undisturbed(); }

  struct Answer {
    int status = 0;
    std::string body;
  };

  Answer curl(const std::string& path, const std::vector<std::string>& more = {},
              const std::string& input = "") {
    std::vector<std::string> argv{"curl",        "--silent",       "--max-time",
                                  "20",          "--unix-socket",  daemon_.socket().string(),
                                  "--write-out", "\n%{http_code}", "http://x" + path};
    argv.insert(argv.end(), more.begin(), more.end());
    const auto text = run({.argv = argv, .input = input}).output;
    const auto cut = text.rfind('\n');
    return {std::stoi(text.substr(cut + 1)), text.substr(0, cut)};
  }

  Answer post(const std::string& body) {
    return curl("/command", {"--data-binary", "@-", "--header", "Content-Type: application/json"},
                body);
  }

  // The status line that raw bytes get; empty when the connection is closed without one.
  std::string raw(const std::string& bytes) {
    UnixStream stream(daemon_.socket());
    stream.send(bytes);
    const auto answer = stream.receive();
    return answer.substr(0, answer.find('\r'));
  }
};

TEST_F(Http, health_is_ok) {
  const auto answer = curl("/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(json::parse(answer.body).is_object()) << answer.body;
}

TEST_F(Http, a_command_is_the_same_object_as_on_a_line) {
  const auto answer = post(R"({"id":7,"command":"ping"})");
  EXPECT_EQ(answer.status, 200);
  const auto reply = json::parse(answer.body);
  EXPECT_EQ(reply.at("id"), 7);
  EXPECT_EQ(reply.at("success"), true);
}

TEST_F(Http, a_failed_command_says_its_code) {
  for (const auto& [body, code] : std::vector<std::pair<std::string, std::string>>{
           {"{", "invalid_json"},
           {"[]", "invalid_request"},
           {R"({"command":"make_coffee"})", "unknown_command"},
           {R"({"command":"read_context","args":{"context":"nobody"}})", "not_found"}}) {
    EXPECT_EQ(json::parse(post(body).body).at("code"), code) << body;
  }
}

TEST_F(Http, an_instance_can_be_looked_up) {
  allocate("one", "reviewer");
  const auto answer = curl("/instance/one");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body).at("role"), "reviewer");
  EXPECT_EQ(curl("/instance/nobody").status, 404);
}

TEST_F(Http, wrong_paths_methods_and_sizes_are_refused) {
  EXPECT_EQ(curl("/coffee").status, 404);
  EXPECT_EQ(curl("/").status, 404);
  EXPECT_EQ(curl("/command").status, 405);
  EXPECT_EQ(curl("/health", {"--request", "DELETE"}).status, 405);
  EXPECT_EQ(post(std::string((1U << 20U) + 1000, ' ')).status, 413);
}

TEST_F(Http, a_connection_serves_many_requests) {
  UnixStream stream(daemon_.socket());
  for (int i = 0; i < 3; ++i) {
    stream.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(stream.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    stream.receive();
  }
}

TEST_F(Http, what_is_neither_a_line_nor_http_is_refused) {
  EXPECT_FALSE(raw("GET / HTTP/9.9\r\n\r\n").starts_with("HTTP/1.1 2"));
  EXPECT_FALSE(raw("garbage\r\n\r\n").starts_with("HTTP/1.1 2"));
  EXPECT_FALSE(raw(std::string("\0\1\2\3\r\n\r\n", 8)).starts_with("HTTP/1.1 2"));
  EXPECT_FALSE(
      raw("GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 2"));
}

TEST_F(Http, hang_ups_in_the_middle_harm_nobody) {
  for (int round = 0; round < 20; ++round) {
    UnixStream(daemon_.socket()).send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    UnixStream(daemon_.socket()).send("POST /command HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{");
    UnixStream(daemon_.socket()).send("GET /hea");
  }
}

TEST_F(Http, a_websocket_speaks_the_same_frames) {
  WebSocket socket(daemon_.socket());
  socket.send_text(R"({"id":1,"command":"ping"})");
  const auto reply = json::parse(socket.receive_text());
  EXPECT_EQ(reply.at("id"), 1);
  EXPECT_EQ(reply.at("success"), true);
  socket.send_text("{");
  EXPECT_EQ(json::parse(socket.receive_text()).at("code"), "invalid_json");
  socket.send_text("{\"command\":\"" + std::string(60'000, 'x') + "\"}");
  EXPECT_EQ(json::parse(socket.receive_text()).at("code"), "unknown_command");
}

TEST_F(Http, a_websocket_gets_events) {
  allocate("anna");
  allocate("bert");
  WebSocket socket(daemon_.instance_socket("bert"));
  socket.send_text(R"({"command":"subscribe","args":{"events":["message"]}})");
  EXPECT_EQ(json::parse(socket.receive_text()).at("success"), true);
  daemon_.call("send_message", {{"from", "anna"}, {"to", "bert"}, {"body", "hello"}});
  const auto event = json::parse(socket.receive_text());
  EXPECT_EQ(event.at("event"), "message");
  EXPECT_EQ(event.at("data").at("body"), "hello");
}

TEST_F(Http, a_broken_websocket_frame_closes_only_that_connection) {
  WebSocket unmasked(daemon_.socket());
  unmasked.stream().send("\x81\x02{}");
  EXPECT_TRUE(unmasked.stream().closed_by_peer());

  WebSocket reserved(daemon_.socket());
  reserved.send_frame(0x3, "x");
  EXPECT_TRUE(reserved.stream().closed_by_peer());

  WebSocket endless(daemon_.socket());
  endless.stream().send(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14));
  EXPECT_TRUE(endless.stream().closed_by_peer());

  WebSocket half(daemon_.socket());
  half.stream().send("\x81");
}

TEST_F(Http, an_upgrade_of_another_version_is_refused) {
  UnixStream stream(daemon_.socket());
  stream.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: AAAA\r\n\r\n");
  EXPECT_FALSE(stream.receive().starts_with("HTTP/1.1 101"));
}

TEST_F(Http, a_head_request_gets_the_head_alone) {
  UnixStream stream(daemon_.socket());
  stream.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(stream.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(stream.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"))
      << "the next answer follows at once";
}

TEST_F(Http, a_target_may_be_absolute) {
  EXPECT_EQ(raw("GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 200 OK");
  EXPECT_EQ(raw("GET HTTP://x/nowhere HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 404 Not Found");
}

TEST_F(Http, a_request_has_one_host) {
  EXPECT_EQ(raw("GET /health HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(raw("GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(raw("GET /health HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK");
}

TEST_F(Http, what_could_smuggle_a_request_is_refused_and_ends_the_connection) {
  const std::string ping = R"({"command":"ping"})";
  const std::string head = "POST /command HTTP/1.1\r\nHost: x\r\n";
  for (const std::string fields :
       {"Content-Length: 18\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Content-Length: 18\r\nContent-Length: 19\r\n", "Content-Length : 18\r\n",
        "Content-Length: +18\r\n"}) {
    UnixStream stream(daemon_.socket());
    stream.send(head + fields + "\r\n" + ping);
    const std::string status = stream.receive_until("\r\n");
    EXPECT_TRUE(status.starts_with("HTTP/1.1 400") || status.starts_with("HTTP/1.1 501"))
        << fields << status;
    EXPECT_TRUE(stream.closed_by_peer()) << fields;
  }
}

TEST_F(Http, who_expects_to_be_told_is_told_before_the_body) {
  const std::string ping = R"({"command":"ping"})";
  UnixStream stream(daemon_.socket());
  stream.send("POST /command HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(ping.size()) + "\r\n\r\n");
  EXPECT_EQ(stream.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  stream.send(ping);
  EXPECT_TRUE(stream.receive_until("\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(raw("GET /health HTTP/1.1\r\nHost: x\r\nExpect: gold\r\n\r\n"),
            "HTTP/1.1 417 Expectation Failed");
}

TEST_F(Http, a_wrong_method_is_told_the_right_ones) {
  EXPECT_EQ(raw("DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(raw("GET /command HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(raw("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 426 Upgrade Required");
}

TEST_F(Http, frames_that_come_with_the_handshake_are_refused_and_not_lost) {
  EXPECT_EQ(raw("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                "\x81\x80mask"),
            "HTTP/1.1 400 Bad Request");
}

}  // namespace
}  // namespace yardmaster::support
