// A headless Chromium, driven over pipes by its DevTools protocol: opens a page and tells what
// became of it. Gone with the object. Main thread only; throws std::runtime_error when the browser
// does not do what it is asked within the deadline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/unique_fd.h"
#include "tests/support/deadline.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

struct View {
  int width = 1280;
  int height = 900;
  bool dark = false;
};

class Browser {
 public:
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  // Loads the page and waits until it has.
  void open(const std::string& url, const View& view = {});
  // Returns the value of a JavaScript expression; a promise is waited for.
  nlohmann::json evaluate(const std::string& expression);
  // Returns what was complained of since the page was opened: exceptions, errors on the console,
  // what the page's policy or the network refused.
  const std::vector<std::string>& complaints() const { return complaints_; }
  // Returns what was asked for over a network since the page was opened.
  const std::vector<std::string>& requests() const { return requests_; }
  // Presses a key, such as "ArrowRight".
  void press(const std::string& key);

 private:
  nlohmann::json call(const std::string& method,
                      const nlohmann::json& parameters = nlohmann::json::object());
  void send(const nlohmann::json& message);
  nlohmann::json receive(Deadline deadline);
  void take_event(const nlohmann::json& message);

  TemporaryDirectory home_;
  UniqueFd to_;
  UniqueFd from_;
  pid_t pid_ = -1;
  int next_id_ = 1;
  std::string session_;
  std::string unread_;
  bool loaded_ = false;
  std::vector<std::string> complaints_;
  std::vector<std::string> requests_;
};

// A fixture like Base with one browser for all tests of the suite: it takes a second to start.
template <class Base>
class WithBrowser : public Base {
 protected:
  // GoogleTest's names. NOLINTBEGIN(readability-identifier-naming)
  static void SetUpTestSuite() { holder() = std::make_unique<Browser>(); }
  static void TearDownTestSuite() { holder().reset(); }
  // NOLINTEND(readability-identifier-naming)
  static Browser& browser() { return *holder(); }

 private:
  static std::unique_ptr<Browser>& holder() {
    static std::unique_ptr<Browser> browser;
    return browser;
  }
};

}  // namespace yardmaster::support
