// A hook event is what a hook of the agent reports about the agent's activity, and what it is told
// in return. Pure, any thread.
//
// The events: session-start, prompt, tool (was used), stop or session-end; and stop-block, a stop
// of an agent that goes on with its turn when it is told that the stop is blocked, and why. `input`
// is what the agent wrote to the hook's standard input: Claude Code's JSON, anything or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// It is a stop of either kind.
bool ends_turn(std::string_view event);

// The arguments of report_state for an event; nullopt for one that says nothing about the agent's
// state.
std::optional<nlohmann::json> report_of(std::string_view event, std::string_view input);

// How an agent can be told of its messages by a hook of this event.
struct Hearing {
  std::string event;       // in the agent's own words: UserPromptSubmit; empty: a stop is blocked
  nlohmann::json request;  // the arguments of unread_messages
};
// nullopt where it cannot: it understands no JSON, the event is none to be told at, or the hook is
// one of a subagent, which is not whom the messages are for.
std::optional<Hearing> hearing_of(std::string_view event, std::string_view input);

// What an agent was told, and has to be confirmed.
struct Told {
  std::string text;
  std::string rung;          // of unread_messages
  std::uint64_t newest = 0;  // of the messages
};

// A fact, in one line: agents take orders from their hooks for an attack.
std::string unread_text(std::string_view instance, std::uint64_t count);

// What the hook prints, so that its agent hears the text. `event` is a hearing's.
std::string said_to_agent(const std::string& event, const std::string& text);

}  // namespace yardmaster::cli
