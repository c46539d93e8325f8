// The real nginx before a yard, as another user, by the configuration that `nginx-config` prints.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "coordinator/base/text_edits.h"
#include "tests/integration/yard_test.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/web_socket.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

// nobody is its only member, on Debian.
constexpr const char* settings =
    R"({"socket_group": "nogroup", "ping_interval": "1s", "tmux": false})";

class Proxy : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to run nginx as another user";
    if (run({.argv = {"sh", "-c", "command -v nginx"}}).status != 0) {
      GTEST_SKIP() << "needs nginx (ci/bootstrap tests)";
    }
    fs::permissions(place(), fs::perms(0711));
    fs::permissions(place_.path(), fs::perms(0755));
  }
  fs::path place() const { return daemon_.runtime_dir().parent_path(); }

  // The yard is there already; from now on its sockets are the group's, too.
  void open_to_group() {
    write_file(place() / "config.json", settings);
    daemon_.stop();
    daemon_.start();
  }

  void start_nginx() {
    const std::string config =
        daemon_
            .command({"nginx-config", "--config", (place() / "config.json").string(), "--port",
                      std::to_string(port_)})
            .output;
    ASSERT_THAT(config, HasSubstr("3600s"));
    // An hour is two seconds here.
    write_file(place_ / "yard.conf", replaced(config, "3600s", "2s"));
    std::string main =
        "user nobody nogroup;\ndaemon off;\nworker_processes 1;\nerror_log stderr warn;\npid "
        "PLACE/pid;\n"
        "events {}\nhttp {\n  access_log off;\n  include PLACE/yard.conf;\n";
    for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      main += "  " + kind + "_temp_path PLACE/" + kind + ";\n";
    }
    write_file(place_ / "nginx.conf", replaced(main + "}\n", "PLACE", place_.path().string()));
    nginx_.emplace(
        ChildOptions{.argv = {"nginx", "-e", "stderr", "-c", (place_ / "nginx.conf").string()}});
    ASSERT_TRUE(eventually([&] { return !nginx_->running() || get("/", "").status == 404; }));
    ASSERT_TRUE(nginx_->running()) << nginx_->errors();
  }
  void TearDown() override {
    if (!nginx_) return;
    nginx_->signal(SIGQUIT);
    EXPECT_TRUE(nginx_->wait().has_value());
  }

  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer get(const std::string& path, const std::string& token, const std::string& post = "") {
    std::vector<std::string> argv{
        "curl",         "--silent",
        "--max-time",   "20",
        "--write-out",  "\n%{http_code}",
        "--path-as-is", "http://127.0.0.1:" + std::to_string(port_) + path};
    if (!token.empty()) argv.insert(argv.end(), {"--header", "Authorization: Bearer " + token});
    if (!post.empty()) argv.insert(argv.end(), {"--data-binary", post});
    const auto text = run({.argv = argv}).output;
    const auto cut = text.rfind('\n');
    return {std::stoi(text.substr(cut + 1)), text.substr(0, cut)};
  }

  TemporaryDirectory place_;
  DaemonProcess daemon_{{.config = R"({"tmux": false})"}};
  const int port_ = free_port();
  std::optional<ChildProcess> nginx_;
};

TEST_F(Proxy, another_users_nginx_reaches_a_yard_that_was_there_before) {
  write_file(place() / "config.json", settings);
  const auto doctor = [&] {
    return daemon_.command({"doctor", "--config", (place() / "config.json").string()}).output;
  };
  EXPECT_THAT(doctor(), HasSubstr("keeps members of 'nogroup' from the sockets"));
  open_to_group();
  EXPECT_THAT(doctor(), HasSubstr("members of 'nogroup' reach the sockets"));
  start_nginx();
  const std::string token = daemon_.call("create_token", {{"scope", "manage"}}).at("token");

  for (const std::string path : {"/metrics", "/broker/health", "/broker/command"}) {
    EXPECT_EQ(get(path, "").status, 401) << path;
    EXPECT_EQ(get(path, token + "x").status, 401) << path;
  }
  EXPECT_THAT(get("/metrics", token).body, HasSubstr("yardmaster_build_info"));
  EXPECT_EQ(get("/broker/health", token).status, 200);
  EXPECT_THAT(get("/broker/command", token, R"({"command":"list_rescues"})").body,
              HasSubstr("\"success\":true"));
  EXPECT_EQ(get("/broker/instance/no%20one", token).status, 400) << "as it was asked for";
  EXPECT_EQ(get("/", token).status, 404);
  EXPECT_EQ(get("/broker/../etc/passwd", token).status, 404);

  // Made after nginx has begun.
  daemon_.call("allocate_instance", {{"instance_id", "anna"}, {"role", "worker"}});
  EXPECT_EQ(get("/instance/anna/command", "", R"({"command":"ping"})").status, 401);
  const std::string said =
      get("/instance/anna/command", token, R"({"command":"list_messages"})").body;
  EXPECT_THAT(said, HasSubstr("\"success\":true")) << "the caller is the instance";
  EXPECT_EQ(get("/instance/bert/command", token, R"({"command":"ping"})").status, 502);
}

// What another user of the group says to the socket himself, and what he is answered.
TEST_F(Proxy, a_member_of_the_group_needs_a_token_and_speaks_no_lines) {
  open_to_group();
  const std::string token = daemon_.call("create_token", {{"scope", "talk"}}).at("token");
  const auto as_nobody = [&](const std::string& bytes) {
    const group* const theirs = ::getgrnam("nogroup");
    const passwd* const nobody = ::getpwnam("nobody");
    EXPECT_EQ(::setegid(theirs->gr_gid) + ::seteuid(nobody->pw_uid), 0);
    UnixStream stream(daemon_.socket());
    EXPECT_EQ(::seteuid(0) + ::setegid(0), 0);
    stream.send(bytes);
    return stream.receive();
  };
  EXPECT_THAT(as_nobody("{\"command\":\"status\"}\n"), HasSubstr("\"code\":\"forbidden\""));
  const std::string head = "GET /health HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_THAT(as_nobody(head + "\r\n"), HasSubstr("401 Unauthorized"));
  EXPECT_THAT(as_nobody(head + "Authorization: Bearer " + token + "\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(Proxy, a_websocket_that_is_quiet_for_longer_than_nginx_waits_still_answers) {
  open_to_group();
  start_nginx();
  const std::string token = daemon_.call("create_token", {{"scope", "talk"}}).at("token");
  const std::string head = "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
  EXPECT_THROW(WebSocket(UnixStream::to_port(port_), "/broker/ws", head), std::runtime_error);
  EXPECT_THROW(WebSocket(UnixStream::to_port(port_), "/broker/ws",
                         head + "Origin: http://attacker.example\r\nAuthorization: Bearer " +
                             token + "\r\n"),
               std::runtime_error);
  WebSocket socket(UnixStream::to_port(port_), "/broker/ws",
                   head + "Authorization: Bearer " + token + "\r\n");
  for (int pings = 0; pings < 3; ++pings) socket.await_ping();
  socket.send_text(R"({"command":"ping"})");
  EXPECT_EQ(json::parse(socket.receive_text()).at("success"), true);
}

// Who takes the setting out again takes the group's way back.
TEST_F(Proxy, a_yard_that_was_the_groups_can_be_closed_again) {
  open_to_group();
  EXPECT_EQ(fs::status(daemon_.runtime_dir()).permissions(), fs::perms(0750));
  write_file(place() / "config.json", R"({"tmux": false})");
  daemon_.stop();
  daemon_.start();
  EXPECT_EQ(fs::status(daemon_.runtime_dir()).permissions(), fs::perms(0700));
  EXPECT_EQ(fs::status(daemon_.socket()).permissions(), fs::perms(0600));
}

}  // namespace
}  // namespace yardmaster::support
