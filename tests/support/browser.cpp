#include "tests/support/browser.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/system_error.h"

namespace yardmaster::support {
namespace {

// Where a browser with --remote-debugging-pipe reads and writes.
constexpr int commands_descriptor = 3;
constexpr int answers_descriptor = 4;

std::pair<UniqueFd, UniqueFd> pipe_above_the_browsers() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_system_error("pipe2");
  // Out of the way of the two numbers that they are moved to.
  UniqueFd first(::fcntl(ends[0], F_DUPFD_CLOEXEC, 10));
  UniqueFd second(::fcntl(ends[1], F_DUPFD_CLOEXEC, 10));
  ::close(ends[0]);
  ::close(ends[1]);
  return {std::move(first), std::move(second)};
}

std::vector<std::string> arguments(const std::string& home) {
  return {"chromium",
          "--headless",
          "--no-sandbox",
          "--remote-debugging-pipe",
          "--user-data-dir=" + home + "/profile",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-crash-reporter",
          "--disable-extensions",
          "--no-first-run",
          "--hide-scrollbars",
          "about:blank"};
}

pid_t start(const std::string& home, int commands, int answers) {
  auto words = arguments(home);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables{"HOME=" + home, "XDG_CONFIG_HOME=" + home,
                                     "XDG_CACHE_HOME=" + home, "TMPDIR=" + home,
                                     "PATH=/usr/bin:/bin"};
  std::vector<char*> envp;
  for (auto& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, commands, commands_descriptor);
  ::posix_spawn_file_actions_adddup2(&actions, answers, answers_descriptor);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, (home + "/errors").c_str(), O_WRONLY | O_CREAT,
                                     0600);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failure =
      ::posix_spawnp(&pid, "chromium", &actions, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw std::runtime_error("no chromium: ci/bootstrap tests installs it");
  return pid;
}

std::string text_of(const nlohmann::json& arguments) {
  std::string text;
  for (const auto& argument : arguments) {
    text += " " + (argument.contains("value") ? argument["value"].dump()
                                              : argument.value("description", "?"));
  }
  return text;
}

}  // namespace

Browser::Browser() {
  auto [their_commands, our_commands] = pipe_above_the_browsers();
  auto [our_answers, their_answers] = pipe_above_the_browsers();
  to_ = std::move(our_commands);
  from_ = std::move(our_answers);
  pid_ = start(home_.path().string(), their_commands.get(), their_answers.get());
  their_commands.reset();
  their_answers.reset();
  const auto target = call("Target.createTarget", {{"url", "about:blank"}});
  const auto attached =
      call("Target.attachToTarget", {{"targetId", target.at("targetId")}, {"flatten", true}});
  session_ = attached.at("sessionId").get<std::string>();
  for (const char* domain : {"Page.enable", "Runtime.enable", "Log.enable", "Network.enable"}) {
    call(domain);
  }
}

// It ends by itself when its pipe does; what would not is killed.
Browser::~Browser() {
  to_.reset();
  from_.reset();
  for (int i = 0; i < 100; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    ::poll(nullptr, 0, 20);
  }
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Browser::open(const std::string& url, const View& view) {
  call("Emulation.setDeviceMetricsOverride", {{"width", view.width},
                                              {"height", view.height},
                                              {"deviceScaleFactor", 1},
                                              {"mobile", false}});
  call("Emulation.setEmulatedMedia",
       {{"features",
         {{{"name", "prefers-color-scheme"}, {"value", view.dark ? "dark" : "light"}}}}});
  complaints_.clear();
  requests_.clear();
  loaded_ = false;
  call("Page.navigate", {{"url", url}});
  const Deadline deadline;
  while (!loaded_) take_event(receive(deadline));
}

nlohmann::json Browser::evaluate(const std::string& expression) {
  const auto answer =
      call("Runtime.evaluate",
           {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
  if (answer.contains("exceptionDetails")) {
    throw std::runtime_error(expression + ": " + answer["exceptionDetails"].dump());
  }
  return answer.at("result").value("value", nlohmann::json());
}

void Browser::press(const std::string& key) {
  for (const char* type : {"keyDown", "keyUp"}) {
    call("Input.dispatchKeyEvent", {{"type", type}, {"key", key}, {"code", key}});
  }
}

nlohmann::json Browser::call(const std::string& method, const nlohmann::json& parameters) {
  const int id = next_id_++;
  nlohmann::json message{{"id", id}, {"method", method}, {"params", parameters}};
  if (!session_.empty()) message["sessionId"] = session_;
  send(message);
  const Deadline deadline;
  while (true) {
    auto answer = receive(deadline);
    if (answer.value("id", 0) != id) {
      take_event(answer);
      continue;
    }
    if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
    return answer.at("result");
  }
}

void Browser::send(const nlohmann::json& message) {
  std::string text = message.dump();
  text.push_back('\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(to_.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_system_error("write to the browser");
    done += static_cast<std::size_t>(written);
  }
}

nlohmann::json Browser::receive(Deadline deadline) {
  while (true) {
    const std::size_t end = unread_.find('\0');
    if (end != std::string::npos) {
      auto message = nlohmann::json::parse(unread_.substr(0, end));
      unread_.erase(0, end + 1);
      return message;
    }
    pollfd event{.fd = from_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&event, 1, deadline.poll_timeout()) == 0) {
      throw std::runtime_error("the browser does not answer");
    }
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(from_.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      throw std::runtime_error("the browser is gone: " + read_file(home_ / "errors"));
    }
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void Browser::take_event(const nlohmann::json& message) {
  const std::string method = message.value("method", "");
  const auto parameters = message.value("params", nlohmann::json::object());
  if (method == "Page.loadEventFired") loaded_ = true;
  if (method == "Runtime.exceptionThrown") {
    complaints_.push_back(parameters.at("exceptionDetails").dump());
  }
  if (method == "Runtime.consoleAPICalled") complaints_.push_back(text_of(parameters.at("args")));
  if (method == "Log.entryAdded") complaints_.push_back(parameters.at("entry").dump());
  if (method == "Network.requestWillBeSent") {
    requests_.push_back(parameters.at("request").value("url", ""));
  }
}

}  // namespace yardmaster::support
