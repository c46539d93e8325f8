#include "coordinator/cli/control/control_pane.h"

#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/control/pane_commands.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

// Ages change once a second; so often a daemon that is away is looked for.
constexpr auto tick = std::chrono::seconds(1);
// Many changes at once are shown at once.
constexpr auto shortest_between_lists = std::chrono::milliseconds(50);
constexpr std::size_t lines_around_rows = 3;  // summary, heading, last line
constexpr const char* keys_help = "/ command   Up Down choose   Enter attach   q quit";

}  // namespace

ControlPane::ControlPane(Connect connect, ForThisYard for_this_yard)
    : connect_(std::move(connect)), for_this_yard_(std::move(for_this_yard)) {}

void ControlPane::show() {
  look_for_daemon();
  while (!ended_) {
    draw();
    wait();
    take_keys();
    if (running_) {
      if (const auto said = running_->take()) {
        notice_ = one_line(*said);
        running_.reset();
      }
    }
    if (!client_ && steady_clock::now() >= next_look_) look_for_daemon();
    take_events();
  }
}

void ControlPane::wait() {
  std::array<pollfd, 3> watched{{{STDIN_FILENO, POLLIN, 0},
                                 {client_ ? client_->native_handle() : -1, POLLIN, 0},
                                 {running_ ? running_->descriptor() : -1, POLLIN, 0}}};
  auto longest = std::chrono::milliseconds(tick);
  if (is_stale_) longest = shortest_between_lists;
  ::poll(watched.data(), watched.size(), static_cast<int>(longest.count()));
}

void ControlPane::look_for_daemon() {
  next_look_ = steady_clock::now() + tick;
  try {
    client_.emplace(connect_());
    client_->call("subscribe", {{"events", json::array({"instance", "gone"})}});
    list_again();
    notice_.clear();
  } catch (const Error& error) {
    lose_daemon(error.what());
  }
}

void ControlPane::lose_daemon(const std::string& why) {
  client_.reset();
  is_stale_ = false;
  notice_ = "the daemon is away: " + one_line(why);
}

void ControlPane::take_events() {
  if (!client_) return;
  try {
    while (client_->next_event(std::chrono::nanoseconds(0))) is_stale_ = true;
    if (is_stale_ && steady_clock::now() - listed_ >= shortest_between_lists) list_again();
  } catch (const Error& error) {
    lose_daemon(error.what());
  }
}

void ControlPane::list_again() {
  is_stale_ = false;
  listed_ = steady_clock::now();
  instances_ = client_->list("list_instances", "instances");
  move_to(selected_);
}

std::vector<std::string> ControlPane::names() const {
  std::vector<std::string> found;
  for (const json& each : instances_) found.push_back(text_of(each, "instance_id"));
  return found;
}

void ControlPane::take_keys() {
  for (KeyPress press = screen_.next_key(); press.key != Key::none; press = screen_.next_key()) {
    on_key(press);
  }
}

void ControlPane::on_key(KeyPress press) {
  if (press.key == Key::resized) return;  // what is drawn next has the new size
  if (entry_.is_open()) return on_entry_key(press);
  on_table_key(press);
}

void ControlPane::on_table_key(KeyPress press) {
  switch (press.key) {
    case Key::up:
      return move_to(selected_ == 0 ? 0 : selected_ - 1);
    case Key::down:
      return move_to(selected_ + 1);
    case Key::enter:
      if (selected_ < instances_.size()) run("/attach " + names()[selected_]);
      return;
    case Key::text:
      if (press.byte == 'q') ended_ = true;
      if (press.byte == 'k') move_to(selected_ == 0 ? 0 : selected_ - 1);
      if (press.byte == 'j') move_to(selected_ + 1);
      if (press.byte == '?') notice_ = pane_commands_help();
      if (press.byte == '/') entry_.open("/");
      return;
    default:
      return;
  }
}

void ControlPane::on_entry_key(KeyPress press) {
  switch (press.key) {
    case Key::text:
      return entry_.add(press.byte);
    case Key::erase:
      return entry_.erase_last();
    case Key::clear_line:
      return entry_.clear();
    case Key::up:
      return entry_.earlier();
    case Key::down:
      return entry_.later();
    case Key::escape:
      return entry_.close();
    case Key::tab: {
      std::string choices;
      for (const std::string& choice : entry_.complete(names())) choices += one_line(choice) + "  ";
      if (!choices.empty()) notice_ = choices;
      return;
    }
    case Key::enter:
      return run(entry_.take());
    default:
      return;
  }
}

void ControlPane::move_to(std::size_t row) {
  selected_ = instances_.empty() ? 0 : std::min(row, instances_.size() - 1);
}

void ControlPane::run(const std::string& line) {
  if (running_) {
    notice_ = "the command before is still at work";
    return;
  }
  try {
    const auto words = words_of(line);
    if (words.front() != "attach") {
      running_ = std::make_unique<CommandRun>(for_this_yard_(words));
      notice_ = one_line(line) + " …";
      return;
    }
    screen_.leave();
    const int status = run_in_terminal(for_this_yard_(words));
    screen_.come_back();
    notice_ = status == 0 ? "" : "attach ended with status " + std::to_string(status);
  } catch (const Error& error) {
    notice_ = one_line(error.what());
  }
}

void ControlPane::draw() {
  const std::size_t width = screen_.width();
  screen_.clear();
  screen_.put(0, cut("yardmaster  " + pane_summary(instances_), width),
              {.bold = true, .reverse = true});
  screen_.put(1, pane_heading(width), {.bold = true});
  draw_rows();
  draw_last_line();
  screen_.refresh();
}

void ControlPane::draw_rows() {
  const std::size_t height = screen_.height();
  const std::size_t room = height > lines_around_rows ? height - lines_around_rows : 0;
  if (room == 0) return;
  if (selected_ < first_shown_) first_shown_ = selected_;
  if (selected_ >= first_shown_ + room) first_shown_ = selected_ - room + 1;
  const WallTime now = SystemClock().wall_now();
  const auto rows = pane_rows(instances_, now, screen_.width());
  for (std::size_t i = first_shown_; i < rows.size() && i < first_shown_ + room; ++i) {
    screen_.put(2 + i - first_shown_, rows[i].text,
                {.colour = sign_of(rows[i].state).colour, .reverse = i == selected_});
  }
}

void ControlPane::draw_last_line() {
  const std::size_t last = screen_.height() - 1;
  if (!entry_.is_open()) {
    screen_.hide_cursor();
    return screen_.put(last, cut(notice_.empty() ? keys_help : notice_, screen_.width()));
  }
  // The end of the line is where the person writes.
  std::string text = one_line(entry_.text() + "|");
  text.pop_back();
  while (display_width(text) + 1 > screen_.width() && !text.empty()) text.erase(0, 1);
  screen_.put(last, text);
  screen_.show_cursor(last, display_width(text));
}

}  // namespace yardmaster::cli
