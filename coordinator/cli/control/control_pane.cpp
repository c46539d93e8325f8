#include "coordinator/cli/control/control_pane.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"
#include "coordinator/cli/control/pane_commands.h"
#include "coordinator/cli/control/pane_rows.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t lines_around_rows = 3;  // summary, heading, last line
constexpr std::size_t least_height_for_notices = 8;
constexpr const char* keys_help = "/ command   Up Down choose   Enter attach   ? help   q quit";

}  // namespace

ControlPane::ControlPane(YardWatch::Connect connect, ForThisYard for_this_yard)
    : yard_(std::move(connect)), for_this_yard_(std::move(for_this_yard)) {}

void ControlPane::show() {
  while (!ended_) {
    yard_.update(shown_names());
    move_to(selected_);
    draw();
    wait();
    take_keys();
    take_result();
  }
}

// Wakes up only when there is something to read or to show.
void ControlPane::wait() {
  std::array<pollfd, 3> watched{{{STDIN_FILENO, POLLIN, 0},
                                 {yard_.descriptor(), POLLIN, 0},
                                 {running_ ? running_->descriptor() : -1, POLLIN, 0}}};
  auto longest = time_until_change(shown(), SystemClock().wall_now());
  if (const auto next = yard_.next_update()) {
    const auto left = std::chrono::ceil<milliseconds>(*next - steady_clock::now());
    const auto until = std::max(left, milliseconds(0));
    longest = std::min(longest.value_or(until), until);
  }
  ::poll(watched.data(), watched.size(), longest ? static_cast<int>(longest->count()) : -1);
  if ((watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) ended_ = true;
}

void ControlPane::take_result() {
  if (!running_) return;
  if (const auto said = running_->take()) {
    notice_ = one_line(*said);
    running_.reset();
  }
}

void ControlPane::take_keys() {
  for (KeyPress press = screen_.next_key(); press.key != Key::none; press = screen_.next_key()) {
    on_key(press);
  }
}

void ControlPane::on_key(KeyPress press) {
  if (press.key == Key::resized) return;  // what is drawn next has the new size
  help_ = false;
  if (entry_.is_open()) return on_entry_key(press);
  on_table_key(press);
}

void ControlPane::on_table_key(KeyPress press) {
  switch (press.key) {
    case Key::up:
      return move_by(-1);
    case Key::down:
      return move_by(1);
    case Key::page_up:
      return move_by(-static_cast<std::ptrdiff_t>(room()));
    case Key::page_down:
      return move_by(static_cast<std::ptrdiff_t>(room()));
    case Key::enter:
      if (selected_ < yard_.names().size()) run("/attach " + yard_.names()[selected_]);
      return;
    case Key::text:
      return on_letter(press.byte);
    default:
      notice_.clear();
  }
}

void ControlPane::on_letter(char letter) {
  if (letter == 'q') ended_ = true;
  if (letter == 'k') move_by(-1);
  if (letter == 'j') move_by(1);
  if (letter == '?') help_ = true;
  if (letter == '/') {
    entry_.open("/");
    notice_.clear();
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
    case Key::tab:
      return complete();
    case Key::enter:
      return run(entry_.take());
    default:
      return;
  }
}

void ControlPane::complete() {
  notice_.clear();
  for (const std::string& choice : entry_.complete({yard_.names(), yard_.roles()})) {
    notice_ += one_line(choice.substr(choice.rfind(' ', choice.size() - 2) + 1)) + " ";
  }
}

void ControlPane::move_to(std::size_t row) {
  const std::size_t count = yard_.instances().size();
  selected_ = count == 0 ? 0 : std::min(row, count - 1);
  const std::size_t visible = std::max<std::size_t>(room(), 1);
  first_shown_ = std::min(first_shown_, selected_);
  if (selected_ >= first_shown_ + visible) first_shown_ = selected_ - visible + 1;
}

void ControlPane::move_by(std::ptrdiff_t rows) {
  const auto row = static_cast<std::ptrdiff_t>(selected_) + rows;
  move_to(static_cast<std::size_t>(std::max<std::ptrdiff_t>(row, 0)));
}

void ControlPane::run(const std::string& line) {
  try {
    run_words(words_of(line), line);
  } catch (const Error& error) {
    notice_ = one_line(error.what());
  }
}

void ControlPane::run_words(const std::vector<std::string>& words, const std::string& line) {
  if (words.front() == "quit") {
    ended_ = true;
  } else if (words.front() == "help") {
    help_ = true;
  } else if (words.front() == "attach") {
    attach(words);
  } else if (running_) {
    notice_ = "the command before is still at work";
  } else {
    running_ = std::make_unique<CommandRun>(for_this_yard_(words));
    notice_ = one_line(line) + " …";
  }
}

void ControlPane::attach(const std::vector<std::string>& words) {
  screen_.leave();
  const int status = run_in_terminal(for_this_yard_(words));
  screen_.come_back();
  notice_ = status == 0 ? "" : "that could not be attached to: status " + std::to_string(status);
}

bool ControlPane::has_notice_line() const { return screen_.height() >= least_height_for_notices; }

std::size_t ControlPane::room() const {
  const std::size_t taken = lines_around_rows + (has_notice_line() ? 1 : 0);
  return screen_.height() > taken ? screen_.height() - taken : 0;
}

json ControlPane::shown() const {
  const json& all = yard_.instances();
  json some = json::array();
  for (std::size_t i = first_shown_; i < all.size() && i < first_shown_ + room(); ++i) {
    some.push_back(all[i]);
  }
  return some;
}

std::vector<std::string> ControlPane::shown_names() const {
  std::vector<std::string> names;
  for (const json& each : shown()) names.push_back(text_of(each, "instance_id"));
  return names;
}

void ControlPane::draw() {
  screen_.clear();
  std::string summary = "yardmaster  " + pane_summary(yard_.instances());
  if (yard_.unread() > 0) summary += " " + counted(yard_.unread(), "message") + " for you";
  if (!yard_.away().empty())
    summary = "yardmaster  no daemon, waiting; this is what was last known";
  screen_.put(0, cut(summary, screen_.width()), {.bold = true, .reverse = true});
  help_ ? draw_help() : draw_rows();
  draw_last_lines();
  screen_.refresh();
}

void ControlPane::draw_rows() {
  const PaneTable table = pane_table(shown(), SystemClock().wall_now(), screen_.width());
  screen_.put(1, cut(table.heading, screen_.width()), {.bold = true});
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const StateColour colour = table.rows[i].colour;
    screen_.put(2 + i, table.rows[i].text,
                {.colour = colour,
                 .bold = colour == StateColour::wants_you || colour == StateColour::bad,
                 .reverse = first_shown_ + i == selected_});
  }
}

void ControlPane::draw_help() {
  std::size_t line = 1;
  for (const std::string& text : pane_help()) {
    if (line <= room() + 1) screen_.put(line++, cut(text, screen_.width()));
  }
}

std::string ControlPane::notice() const {
  if (!notice_.empty() || yard_.away().empty()) return notice_;
  return "no daemon, waiting: " + yard_.away();
}

void ControlPane::draw_last_lines() {
  if (screen_.height() < 2) return;
  const std::size_t last = screen_.height() - 1;
  const std::string said = notice();
  if (has_notice_line()) screen_.put(last - 1, cut(said, screen_.width()), {.bold = true});
  if (entry_.is_open()) return draw_entry(last);
  screen_.hide_cursor();
  const bool says_it = !has_notice_line() && !said.empty();
  screen_.put(last, cut(says_it ? said : keys_help, screen_.width()));
}

// The end of the line is where the person writes.
void ControlPane::draw_entry(std::size_t line) {
  std::string text = one_line(entry_.text() + "|");
  text.pop_back();
  while (display_width(text) + 1 > screen_.width() && !text.empty()) text.erase(0, 1);
  screen_.put(line, text);
  screen_.show_cursor(line, display_width(text));
}

}  // namespace yardmaster::cli
