// Replies and events are as the protocol reference says: every command is asked for, and each field
// of what comes is held against the tables that the reference is made from.
#include <map>
#include <set>
#include <span>
#include <string>

#include "coordinator/broker/commands/command_spec.h"
#include "coordinator/broker/commands/reply_objects.h"
#include "coordinator/broker/event_table.h"
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

// They take a clone, a full trash, hours of deaths or a sweep to be seen.
const std::set<std::string>& rarely_there() {
  static const std::set<std::string> rarely{"allocation.launch",
                                            "waiting.reason",
                                            "list_repos.next_after",
                                            "list_rescues.next_after",
                                            "action.instance_id",
                                            "action.path",
                                            "action.bytes",
                                            "action.rescue",
                                            "dead_letter.id",
                                            "dead_letter.from",
                                            "dead_letter.to",
                                            "dead_letter.body",
                                            "dead_letter.sent_at",
                                            "dead_letter.died_at",
                                            "dead_letter.reason",
                                            "list_dead_letters.next_after",
                                            "message_status event.reason"};
  return rarely;
}

bool is_of_type(const json& value, std::string_view type) {
  if (type == "string" || type == "time") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "string or number") return value.is_string() || value.is_number();
  if (type == "boolean") return value.is_boolean();
  return value.is_object();
}

class ProtocolReplies : public AgentYard {
 protected:
  ProtocolReplies() {
    configure({{"checkpoint_policy", "every-write"}, {"sweep_interval", "1h"}});
    for (const EventSpec& event : event_table()) {
      LineClient listener = daemon_->connect();
      listener.call("subscribe", {{"events", {event.name}}});
      listeners_.emplace(event.name, std::move(listener));
    }
  }

  json ask(const std::string& command, const json& arguments = json::object()) {
    const json data = daemon_->call(command, arguments);
    for (const CommandSpec& spec : command_specs()) {
      if (spec.name == command) check(command, spec.reply, data);
    }
    asked_.insert(command);
    return data;
  }

  // The first event of each name, which must have come by now.
  void expect_events() {
    for (const EventSpec& event : event_table()) {
      const std::string name(event.name);
      const json data = listeners_.at(name).event(name);
      check(name + " event", event.data, data);
      expect_all_seen(name + " event", event.data);
    }
  }

  // What is an object of its own has one name, wherever it stands.
  void check(std::string where, std::span<const FieldSpec> fields, const json& data) {
    for (const ObjectSpec& object : reply_objects()) {
      if (object.fields.data() == fields.data()) where = object.name;
    }
    for (const auto& [name, value] : data.items()) check_field(where, fields, name, value);
  }

  void expect_all_seen(const std::string& where, std::span<const FieldSpec> fields) const {
    for (const ObjectSpec& object : reply_objects()) {
      if (object.fields.data() == fields.data() && where != object.name) return;
    }
    for (const FieldSpec& field : fields) {
      const std::string name = where + "." + std::string(field.name);
      EXPECT_TRUE(seen_.contains(name) || rarely_there().contains(name)) << name;
    }
  }

  void talk_of_contexts();
  void talk_of_messages();
  void talk_of_handoffs();
  void talk_of_instances();
  void talk_of_one_that_dies();
  void talk_of_repositories();
  void talk_of_tokens();

  std::set<std::string> asked_;
  std::set<std::string> seen_;

 private:
  void check_field(const std::string& where, std::span<const FieldSpec> fields,
                   const std::string& name, const json& value) {
    for (const FieldSpec& field : fields) {
      if (field.name != name) continue;
      seen_.insert(where + "." + name);
      return check_value(where + "." + name, field.type, value);
    }
    ADD_FAILURE() << where << "." << name << " is not in the reference: " << value;
  }

  void check_value(const std::string& where, std::string_view type, const json& value) {
    constexpr std::string_view list = "list of ";
    if (!type.starts_with(list)) {
      EXPECT_TRUE(is_of_type(value, type)) << where << " is no " << type << ": " << value;
      if (!fields_of(type).empty()) check(std::string(type), fields_of(type), value);
      return;
    }
    EXPECT_TRUE(value.is_array()) << where << ": " << value;
    for (const json& each : value) check_value(where, type.substr(list.size()), each);
  }

  std::map<std::string, LineClient, std::less<>> listeners_;
};

void ProtocolReplies::talk_of_contexts() {
  const json entry{{"context", "ada"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}};
  ask("append_context", entry);
  ask("append_context", entry);
  const json two = json::array({json::array({"note", "y"}), json::array({"note", "z"})});
  ask("append_entries", {{"context", "ada"}, {"seq", 2}, {"entries", two}});
  ask("read_context", {{"context", "ada"}, {"limit", 1}});
  ask("digest_context", {{"context", "ada"}, {"count_rows", true}});
}

void ProtocolReplies::talk_of_messages() {
  const json id = ask("send_message", {{"from", "user"}, {"to", "ada"}, {"body", "hello"}})["id"];
  ask("broadcast", {{"from", "bob"}, {"to", "@@all"}, {"body", "good morning"}});
  ask("list_messages", {{"instance_id", "ada"}, {"limit", 1}});
  ask("unread_messages", {{"instance_id", "ada"}, {"rung", "context"}});
  ask("confirm_delivery", {{"instance_id", "ada"}, {"ids", {id}}});
  ask("list_dead_letters");
  ask("read_message", {{"instance_id", "ada"}, {"id", id}});
  ask("ack_message", {{"instance_id", "ada"}, {"id", id}});
}

void ProtocolReplies::talk_of_handoffs() {
  const json asked{{"from", "ada"}, {"to", "bob"}};
  ask("cancel_handoff", {{"id", ask("context_handoff", asked)["id"]}});
  const json offered = ask("context_handoff", asked);
  ask("list_handoffs", {{"limit", 1}});
  ask("instance_details", {{"names", {"ada", "nobody"}}});
  ask("accept_handoff",
      {{"id", offered["id"]}, {"digest", offered["digest"]}, {"count", offered["count"]}});
}

void ProtocolReplies::talk_of_instances() {
  json cyd = request("cyd", "worker");
  cyd["task"] = std::string(2000, 'x');
  const json made = ask("allocate_instance", cyd);
  ask("add_agent", {{"agent", "dan"}, {"type", "worker"}});
  ask("report_state", {{"instance_id", "cyd"}, {"state", "idle"}});
  ask("list_instances", {{"limit", 1}});
  ask("list_agents", {{"limit", 1}});
  ask("list_instances");
  ask("complete_agent", {{"agent", "ada"}, {"summary", "done"}});
  ask("remove_agent", {{"agent", "dan"}});
  write_file(std::filesystem::path(made["worktree_path"].get<std::string>()) / "notes", "unsaved");
  ask("release_instance", {{"instance_id", "cyd"}});
  ask("list_instances", {{"state", "gone"}});
}

// It lives once, and dies at each later start: sooner or later it is seen waiting.
void ProtocolReplies::talk_of_one_that_dies() {
  kill_agent(spawn("boss", "supervisor",
                   "test -e $PLACE/began && exit 1; touch $PLACE/began; exec sleep 600"));
  EXPECT_TRUE(eventually([&] {
    ask("list_agents");
    return seen_.contains("waiting.last_death") && seen_.contains("waiting.next_start");
  }));
  ask("list_instances");
  ask("release_instance", {{"instance_id", "boss"}});
}

void ProtocolReplies::talk_of_repositories() {
  make_repository(scratch_ / "other");
  ask("add_repo", {{"name", "other"}, {"path", (scratch_ / "other").string()}});
  ask("list_repos");
  ask("remove_repo", {{"name", "other"}});
  const json rescues = ask("list_rescues", {{"repo", "project"}})["rescues"];
  ASSERT_EQ(rescues.size(), 1U);
  ask("restore_rescue", {{"repo", "project"}, {"ref", rescues[0]["ref"]}});
  write_file(daemon_->runtime_dir() / "instance-nobody.sock", "");
  ask("trigger_cleanup", {{"dry_run", true}});
  ask("repair_state");
}

void ProtocolReplies::talk_of_tokens() {
  ask("create_token", {{"name", "phone"}, {"scope", "talk"}});
  ask("rotate_token", {{"name", "phone"}});
  ask("list_tokens");
  ask("remove_token", {{"name", "phone"}});
  ask("invite_browser");
}

TEST_F(ProtocolReplies, are_what_the_reference_says) {
  ask("ping");
  ask("histograms");
  ask("list_roles");
  ask("open_control_pane");
  ask("subscribe", {{"events", {"message"}}, {"instance_id", "ada"}, {"confirms", true}});
  ask("backup", {{"file", (scratch_ / "copy.db").string()}});
  for (const char* name : {"ada", "bob"}) {
    ask("allocate_instance", {{"instance_id", name}, {"role", "worker"}});
  }
  talk_of_contexts();
  talk_of_messages();
  talk_of_handoffs();
  talk_of_instances();
  talk_of_one_that_dies();
  talk_of_repositories();
  talk_of_tokens();
  expect_events();
  ask("status");
  ask("stop");
  for (const CommandSpec& command : command_specs()) {
    EXPECT_TRUE(asked_.contains(std::string(command.name))) << command.name << " is not asked for";
    expect_all_seen(std::string(command.name), command.reply);
  }
  for (const ObjectSpec& object : reply_objects()) {
    expect_all_seen(std::string(object.name), object.fields);
  }
}

}  // namespace
}  // namespace yardmaster::support
