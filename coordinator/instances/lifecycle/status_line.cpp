#include "coordinator/instances/lifecycle/status_line.h"

#include <algorithm>

#include "coordinator/domain/state_sign.h"
#include "coordinator/instances/tmux/control_connection.h"
#include "coordinator/instances/tmux/quote.h"
#include "coordinator/instances/tmux/tmux_pane.h"

namespace yardmaster {
namespace {

// Each window looks for itself in a text with all of them.
constexpr std::size_t most_windows = 500;
constexpr const char* counts_option = "@yardmaster_states";
constexpr const char* windows_option = "@yardmaster_windows";

std::string style_of(StateColour colour) {
  switch (colour) {
    case StateColour::good:
      return "#[fg=cyan]";
    case StateColour::wants_you:
      return "#[fg=yellow]#[bold]";
    case StateColour::passing:
      return "#[fg=magenta]";
    case StateColour::bad:
      return "#[fg=red]#[bold]";
    default:
      return "";
  }
}

std::string styled(const StateSign& sign, const std::string& text) {
  return style_of(sign.colour) + text + "#[default]";
}

// A window's name, its flags, and the letter that stands beside it in the option.
std::string window_format() {
  std::string letter;
  for (const StateSign& sign : state_signs()) {
    const std::string text(1, sign.letter);
    letter = std::string("#{?#{m:* #{window_name}=") + (sign.letter == '?' ? "[?]" : text) +
             " *,#{" + windows_option + "}}, " + styled(sign, text) + "," + letter + "}";
  }
  return "#I:#W#{?window_flags,#{window_flags},}" + letter;
}

std::string set_option(const char* option, const std::string& value) {
  return tmux_command({"set-option", "-g", option, value});
}

std::string farewell() {
  const std::string say =
      set_option(counts_option, "no daemon ") + " ; " + set_option(windows_option, "");
  return tmux_command({"set-hook", "-t", "=" + std::string(control_session) + ":",
                       "client-detached",
                       tmux_command({"if-shell", "-F", "#{==:#{session_attached},0}", say})});
}

std::string counts_text(const std::vector<ShownState>& states) {
  std::string text;
  for (const StateSign& sign : state_signs()) {
    const auto is_such = [&sign](const ShownState& each) {
      return to_string(each.state) == sign.state;
    };
    const auto count = std::ranges::count_if(states, is_such);
    if (count == 0) continue;
    text += (text.empty() ? "" : "  ") +
            styled(sign, std::string(1, sign.letter) + " " + std::to_string(count) + " " +
                             std::string(sign.state));
  }
  return (text.empty() ? "no instances" : text) + " ";
}

std::string windows_text(const std::vector<ShownState>& states) {
  if (states.size() > most_windows) return "";
  std::string text = " ";
  for (const ShownState& each : states) {
    if (!is_tmux_name(each.window)) continue;
    text += each.window + "=" + sign_of(to_string(each.state)).letter + " ";
  }
  return text;
}

}  // namespace

std::vector<std::string> status_line_settings() {
  const std::string windows = window_format();
  return {set_option("status-interval", "0"),
          set_option("status-style", "bg=colour236,fg=colour252"),
          set_option("status-left-length", "24"),
          set_option("status-right-length", "100"),
          set_option("status-right", std::string(" #{") + counts_option + "}"),
          tmux_command({"set-option", "-gw", "window-status-format", windows}),
          tmux_command({"set-option", "-gw", "window-status-current-format", windows}),
          tmux_command({"set-option", "-gw", "window-status-current-style", "bold,underscore"}),
          farewell()};
}

std::vector<std::string> status_line_commands(const std::vector<ShownState>& states) {
  return {set_option(counts_option, counts_text(states)),
          set_option(windows_option, windows_text(states))};
}

}  // namespace yardmaster
