// The inbox, and what has become undeliverable.
#include <algorithm>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/shown_messages.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto longest_wait_for_event = std::chrono::hours(1);

struct InboxOptions {
  CLI::Option* status = nullptr;
  CLI::Option* after = nullptr;
  CLI::Option* follow = nullptr;
  CLI::Option* dead = nullptr;
  CLI::Option* who = nullptr;
  CLI::Option* as_json = nullptr;
};

Table inbox_table(const json& messages) {
  Table table({{"ID", false, true}, {"FROM"}, {"AGE", false, true}, {"STATUS"}, {"TEXT", true}});
  const WallTime now = SystemClock().wall_now();
  for (const json& message : messages) {
    table.add({text_of(message, "id"), text_of(message, "from"), age_of(message, "sent_at", now),
               text_of(message, "status"), text_of(message, "body")});
  }
  return table;
}

Table dead_letters_table(const json& letters) {
  Table table({{"ID", false, true},
               {"FROM"},
               {"TO"},
               {"AGE", false, true},
               {"REASON", true},
               {"TEXT", true}});
  const WallTime now = SystemClock().wall_now();
  for (const json& letter : letters) {
    table.add({text_of(letter, "id"), text_of(letter, "from"), text_of(letter, "to"),
               age_of(letter, "sent_at", now), text_of(letter, "reason"), text_of(letter, "body")});
  }
  return table;
}

json inbox(Client& client, const InboxOptions& options, const std::string& who) {
  json arguments{{"instance_id", who}};
  if (options.status->count() > 0) arguments["status"] = value_of(*options.status);
  if (const auto after = count_of(*options.after)) arguments["after"] = *after;
  return client.call("list_messages", arguments);
}

void print_list(const json& listed, const char* key, const Table& table, const char* nothing,
                const char* again) {
  if (table.empty()) {
    std::cout << nothing;
    return;
  }
  std::cout << table.text(terminal_width());
  if (flag_of(listed, "more")) {
    std::cout << "there are more: " << again << " --after "
              << text_of(list_of(listed, key).back(), "id") << "\n";
  }
}

void print_inbox(const json& listed, bool as_json) {
  if (as_json) return print_json(listed);
  print_list(listed, "messages", inbox_table(list_of(listed, "messages")), "no messages\n",
             "yardmaster inbox");
}

// The person sees everyone's.
void print_dead_letters(Client& client, const InboxOptions& options, const std::string& who) {
  json arguments = json::object();
  if (who != person_name) arguments["instance_id"] = who;
  if (const auto after = count_of(*options.after)) arguments["after"] = *after;
  const json listed = client.call("list_dead_letters", arguments);
  if (options.as_json->count() > 0) return print_json(listed);
  print_list(listed, "letters", dead_letters_table(list_of(listed, "letters")), "no dead letters\n",
             "yardmaster inbox --dead");
}

// Ends with the daemon, or when the reader of the output hangs up. What was printed once may come
// again, should its confirmation get lost.
void follow_inbox(Client& client, const std::string& who, bool as_json) {
  std::uint64_t latest = 0;
  while (std::cout.flush()) {
    const auto event = client.next_event(longest_wait_for_event);
    if (!event) continue;
    const json& message = event->at("data");
    const std::uint64_t id = number_of(message, "id");
    if (id > latest) std::cout << (as_json ? to_text(message) + "\n" : message_text(message));
    latest = std::max(latest, id);
    if (std::cout.flush()) confirm_delivery(client, who, {id});
  }
}

void show(const Places& places, const InboxOptions& options) {
  const std::string who = speaker(*options.who);
  const bool as_json = options.as_json->count() > 0;
  Client client = places.connect();
  if (options.dead->count() > 0) return print_dead_letters(client, options, who);
  const json listed = inbox(client, options, who);
  print_inbox(listed, as_json);
  if (std::cout.flush()) confirm_delivery(client, who, unconfirmed_of(list_of(listed, "messages")));
  if (options.follow->count() == 0) return;
  client.call("subscribe",
              {{"events", json::array({"message"})}, {"instance_id", who}, {"confirms", true}});
  follow_inbox(client, who, as_json);
}

}  // namespace

void add_inbox_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("inbox", "List the messages that are not dealt with");
  add_place_options(*verb, places);
  InboxOptions options;
  options.status =
      verb->add_option("--status", "Only pending, delivered, read, acked or dead ones");
  completed_with(options.status, "pending delivered read acked dead")->type_name("STATUS");
  options.after = verb->add_option("--after", "Only those after this one")->type_name("ID");
  options.follow = verb->add_flag("-f,--follow")->description("Then print each one as it comes");
  options.dead = verb->add_flag("--dead")->description(
      "Instead: messages from or to you that nobody is going to read (the person: all)");
  options.dead->excludes(options.status)->excludes(options.follow);
  options.who = add_speaker_option(*verb, "--as");
  options.as_json = add_json_flag(*verb);
  verb->footer(
      "What was printed counts as delivered, what 'read' shows as read; 'ack' takes it off the "
      "list.\n"
      "Examples:\n"
      "  yardmaster inbox\n"
      "  yardmaster inbox --follow --json\n"
      "  yardmaster inbox --dead");
  verb->callback([&places, options] { show(places, options); });
}

}  // namespace yardmaster::cli
