// A yard with agents that call the hooks of their settings as Claude Code calls them: in the
// documented shape, at each event, those with asyncRewake beside the session; which goes on when
// one of these exits with 2. What an agent hears stands in $PLACE/NAME.heard, a line each.
#pragma once

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "tests/integration/agent_yard.h"

namespace yardmaster::support {

inline constexpr const char* hooked_agent = R"script(#!/bin/sh
own=$PLACE/$YARDMASTER_INSTANCE
settings=
for word; do
  [ "$previous" != --settings ] || settings=$word
  previous=$word
done
note() { printf '%s\n' "$*" >>"$own.heard"; }
commands() {
  jq -r --arg event "$1" --argjson beside "$2" \
    '.hooks[$event][0].hooks[] | select((.asyncRewake // false) == $beside) | .command' "$settings"
}
input() {
  printf '{"session_id":"5f3a","cwd":"%s","hook_event_name":"%s","stop_hook_active":%s}' \
    "$PWD" "$1" "$2"
}
hook() {
  input "$1" "$2" | sh -c "$(commands "$1" false)" | jq -r .hookSpecificOutput.additionalContext
}
beside() {
  command=$(commands "$1" true)
  [ -n "$command" ] || return
  (reason=$(input "$1" "$2" | sh -c "$command" 2>&1 >/dev/null)
   [ $? -ne 2 ] || printf 'woken %s\n' "$reason" >&3) &
}
turn() {
  note "$1"
  active=$2
  [ ! -e "$own.work" ] || sh "$own.work"
  while :; do
    beside Stop "$active"
    heard=$(hook Stop "$active")
    [ -n "$heard" ] || break
    note "at its end: $heard"
    active=true
  done
  note waits
}
mkfifo "$own.keys"
exec 3<>"$own.keys"
for word; do last=$word; done
note "began with: $last"
hook SessionStart false >/dev/null
beside SessionStart false
while read -r what reason <&3; do
  case $what in
    prompt) turn "prompted: $(hook UserPromptSubmit false)" false ;;
    woken) turn "woken: $reason" true ;;
    quit) exit 0 ;;
  esac
done
)script";

class HookedYard : public AgentYard {
 protected:
  HookedYard() {
    write_file(program(), hooked_agent);
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }

  // Named as Claude Code is, and so taken for it.
  std::filesystem::path program() const { return scratch_ / "claude"; }

  nlohmann::json spawn_hooked(const std::string& name, const std::string& role) {
    nlohmann::json asked = request(name, role);
    asked["agent_command"] = program().string();
    const nlohmann::json started = daemon_->call("allocate_instance", asked);
    return started;
  }

  // What it does in each of its turns, as a shell's script.
  void have_it_work(const std::string& name, const std::string& script) const {
    write_file(scratch_ / (name + ".work"), script);
  }

  // As a person would type it.
  void type(const std::string& name, const std::string& line) const {
    const UniqueFd keys(::open((scratch_ / (name + ".keys")).c_str(), O_WRONLY | O_CLOEXEC));
    const std::string bytes = line + "\n";
    ASSERT_EQ(::write(keys.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  std::string heard(const std::string& name) const {
    const std::filesystem::path file = scratch_ / (name + ".heard");
    return std::filesystem::exists(file) ? read_file(file) : std::string();
  }
  bool hears(const std::string& name, const std::string& text) const {
    return eventually([&] { return heard(name).find(text) != std::string::npos; });
  }

  std::string state_of(const std::string& name) const {
    const nlohmann::json instance = listed("instances", name);
    return instance.is_null() ? "none" : instance.at("state").get<std::string>();
  }
  bool waits_for_mail(const std::string& name) const {
    return eventually([&] { return state_of(name) == "idle"; });
  }

  void send(const std::string& to, const std::string& body) const {
    daemon_->call("send_message", {{"from", "user"}, {"to", to}, {"body", body}});
  }
};

}  // namespace yardmaster::support
