// The yard's page in a real browser: how one gets in, what is seen, and that it is text.
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/yard_test.h"
#include "tests/support/browser.h"
#include "tests/support/unix_stream.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class YardPage : public WithBrowser<YardTest> {
 protected:
  std::string link() {
    std::string url = daemon_.command({"ui"}).output;
    url.pop_back();
    return url;
  }
  int port() {
    const auto address = daemon_.call("status").at("listen").get<std::string>();
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
  std::string text_of(const std::string& selector) {
    return browser()
        .evaluate("document.querySelector('" + selector + "').innerText")
        .get<std::string>();
  }
  bool shows(const std::string& selector, const std::string& text) {
    return eventually([&] { return text_of(selector).find(text) != std::string::npos; });
  }
  // The head of what a request gets.
  std::string ask(const std::string& target, const std::string& headers = "") {
    UnixStream stream = UnixStream::to_port(port());
    stream.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) +
                "\r\n" + headers + "\r\n");
    return stream.receive_until("\r\n\r\n");
  }
};

TEST_F(YardPage, shows_instances_as_they_come_and_change_and_go) {
  allocate("anna", "worker", {{"task", "Mend the parser"}});
  for (const View& view : {View{}, View{.width = 390, .height = 844}, View{.dark = true}}) {
    browser().open(link(), view);
    EXPECT_TRUE(shows("#instances", "anna"));
    EXPECT_THAT(text_of("#instances"), HasSubstr("Mend the parser"));
    EXPECT_LE(browser().evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
    EXPECT_THAT(browser().complaints(), IsEmpty());
  }
  allocate("bert");
  EXPECT_TRUE(shows("#instances", "bert")) << "without a reload";
  daemon_.call("report_state", {{"instance_id", "bert"}, {"state", "idle"}});
  EXPECT_TRUE(shows("#instances", "idle"));
  EXPECT_TRUE(shows("#summary", "2 instances"));
  daemon_.call("release_instance", {{"instance_id", "bert"}});
  EXPECT_TRUE(shows("#summary", "1 instance:"));
  EXPECT_EQ(browser().evaluate("location.href").get<std::string>(),
            "http://127.0.0.1:" + std::to_string(port()) + "/ui")
      << "no secret stays in the address";
  EXPECT_THAT(browser().complaints(), IsEmpty());
}

TEST_F(YardPage, sends_a_message_by_keyboard_as_the_person) {
  allocate("anna");
  browser().open(link());
  ASSERT_TRUE(shows("#instances", "anna"));
  browser().evaluate("document.querySelector('button.name').click()");
  EXPECT_EQ(browser().evaluate("document.activeElement.id"), "body");
  browser().evaluate("document.activeElement.value = '<b>How far are you?</b>'");
  browser().evaluate("document.querySelector('#send button').click()");
  EXPECT_TRUE(shows("#sent", "is in the inbox of anna"));
  const json message = daemon_.call("list_messages", {{"instance_id", "anna"}})["messages"][0];
  EXPECT_EQ(message["from"], "user");
  EXPECT_EQ(message["body"], "<b>How far are you?</b>");
  // Each field has a label.
  EXPECT_EQ(browser().evaluate("[...document.querySelectorAll('input, textarea')]"
                               ".filter((field) => field.labels.length === 0).length"),
            0);
  browser().evaluate(
      "document.getElementById('to').value = 'nobody'; "
      "document.getElementById('body').value = 'x'; "
      "document.querySelector('#send button').click()");
  EXPECT_TRUE(shows("#sent", "Not sent: "));
  EXPECT_THAT(browser().complaints(), IsEmpty());
}

TEST_F(YardPage, hostile_tasks_are_text) {
  const std::string hostile =
      "</td><img src=x onerror=alert(1)><script>alert(2)</script><!-- \" ' & \x1b[31m";
  allocate("anna", "worker", {{"task", hostile}});
  browser().open(link());
  ASSERT_TRUE(shows("#instances", "<img src=x onerror=alert(1)>"));
  EXPECT_EQ(browser().evaluate("document.querySelectorAll('img').length"), 0);
  EXPECT_EQ(browser().evaluate("document.querySelectorAll('script').length"), 1);
  EXPECT_THAT(browser().complaints(), IsEmpty());
}

TEST_F(YardPage, a_link_is_good_for_once_and_cookie_and_key_are_both_needed) {
  const std::string url = link();
  const std::string target = url.substr(url.find("/ui"));
  const std::string welcome = ask(target);
  EXPECT_TRUE(welcome.starts_with("HTTP/1.1 303")) << welcome;
  EXPECT_TRUE(ask(target).starts_with("HTTP/1.1 401")) << "it was used";
  EXPECT_TRUE(ask("/ui").starts_with("HTTP/1.1 401"));
  EXPECT_THAT(welcome, HasSubstr("HttpOnly; SameSite=Strict"));
  const auto between = [&](const std::string& from, const std::string& to) {
    const std::size_t begin = welcome.find(from) + from.size();
    return welcome.substr(begin, welcome.find(to, begin) - begin);
  };
  const std::string cookie = "Cookie: " + between("Set-Cookie: ", ";") + "\r\n";
  const std::string key = between("Location: /ui#", "\r\n");
  const std::string page = ask("/ui", cookie);
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("script-src 'self'; style-src 'self'"));
  EXPECT_EQ(page.find("unsafe-inline"), std::string::npos);

  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string origin = "Origin: http://127.0.0.1:" + std::to_string(port()) + "\r\n";
  const std::string keyed = "Sec-WebSocket-Protocol: yardmaster, key." + key + "\r\n";
  const std::string keyless = "Sec-WebSocket-Protocol: yardmaster\r\n";
  EXPECT_TRUE(ask("/ui/ws", upgrade + origin + cookie + keyed).starts_with("HTTP/1.1 101"));
  for (const std::string& headers : {origin + cookie + keyless, origin + keyed, cookie + keyed,
                                     "Origin: http://127.0.0.1:1\r\n" + cookie + keyed}) {
    EXPECT_TRUE(ask("/ui/ws", upgrade + headers).starts_with("HTTP/1.1 40")) << headers;
  }
  for (const std::string path : {"/ws", "/instance/anna", "/metrics"}) {
    EXPECT_TRUE(ask(path, upgrade + origin + cookie + keyed).starts_with("HTTP/1.1 401")) << path;
  }
}

}  // namespace
}  // namespace yardmaster::support
