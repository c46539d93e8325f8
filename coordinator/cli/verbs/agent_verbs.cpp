#include <cstdlib>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/free_texts.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/shown_messages.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// The flag says which agent calls; without it, the environment that the agent was started with
// does.
CLI::Option* add_identity(CLI::App& verb, const char* flag) {
  CLI::Option* option = must_be_name(verb.add_option(flag, "Who you are"))->type_name("NAME");
  completed_with(option, Names::instances);
  return option->envname("YARDMASTER_INSTANCE")->required();
}

void add_raw_send(CLI::App& agent, Places& places) {
  CLI::App* verb = agent.add_subcommand("send-message", "Send a message to another instance");
  add_place_options(*verb, places);
  CLI::Option* to = must_be_recipient(
      verb->add_option("TO", "An instance, or @all or @ROLE of your repository")->required());
  completed_with(to, Names::recipients);
  CLI::Option* body = verb->add_option(free_text, "The text")->required();
  CLI::Option* key = verb->add_option("--key", "Repeating a request with this key has no effect");
  must_not_be_empty(key)->type_name("TEXT");
  CLI::Option* from = add_identity(*verb, "--from");
  verb->footer(
      "@all@REPO and @ROLE@REPO are those of another repository, @@all and @@ROLE everybody.\n"
      "Example: yardmaster agent send-message bob 'tests are green' --from alice");
  verb->callback([&places, to, body, key, from] {
    const auto recipient = to->as<std::string>();
    json arguments{
        {"from", from->as<std::string>()}, {"to", recipient}, {"body", body->as<std::string>()}};
    if (key->count() > 0) arguments["key"] = key->as<std::string>();
    const bool to_many = recipient.starts_with('@');
    const json data = places.connect().call(to_many ? "broadcast" : "send_message", arguments);
    std::cout << to_text(to_many ? data["ids"] : data["id"]) << "\n";
  });
}

struct ListOptions {
  const CLI::Option* status;
  const CLI::Option* after;
  const CLI::Option* newest;
  const CLI::Option* as_json;
  const CLI::Option* instance;
};

json list_request(const ListOptions& options) {
  json request{{"instance_id", options.instance->as<std::string>()}};
  if (options.status->count() > 0) request["status"] = options.status->as<std::string>();
  if (options.after->count() > 0) request["after"] = options.after->as<std::uint64_t>();
  if (options.newest->count() > 0) request["order"] = "newest";
  return request;
}

void print_messages(const json& data, const ListOptions& options) {
  if (options.as_json->count() > 0) return print_json(data);
  // --json has the bodies as they were sent.
  for (const json& message : data["messages"]) std::cout << message_text(message);
  if (!data.value("more", false)) return;
  std::cout << "There are more (" << data["unread"] << " unread in all): add --after "
            << data["next_after"];
  if (options.newest->count() == 0) std::cout << ", or --newest for the latest";
  std::cout << ".\n";
}

void list_messages(const Places& places, const ListOptions& options) {
  const json request = list_request(options);
  Client client = places.connect();
  const json data = client.call("list_messages", request);
  print_messages(data, options);
  if (!std::cout.flush()) return;
  confirm_delivery(client, text_of(request, "instance_id"),
                   unconfirmed_of(list_of(data, "messages")));
}

void add_agent_list(CLI::App& agent, Places& places) {
  CLI::App* verb = agent.add_subcommand("list-messages", "List the messages that are not acked");
  add_place_options(*verb, places);
  ListOptions options{};
  options.status =
      completed_with(verb->add_option("--status", "pending, delivered, read, acked or dead"),
                     "pending delivered read acked dead")
          ->type_name("STATUS");
  options.after = verb->add_option("--after", "Those that follow this one")->type_name("ID");
  options.newest = verb->add_flag("--newest")->description("The latest first");
  options.as_json = add_json_flag(*verb);
  options.instance = add_identity(*verb, "--instance");
  verb->footer("Example: yardmaster agent list-messages --status pending");
  verb->callback([&places, options] { list_messages(places, options); });
}

void add_one_message(CLI::App& agent, Places& places, const char* name, const char* command,
                     const char* help) {
  CLI::App* verb = agent.add_subcommand(name, help);
  add_place_options(*verb, places);
  CLI::Option* id = verb->add_option("ID", "The message's number")->required();
  CLI::Option* instance = add_identity(*verb, "--instance");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(std::string("Example: yardmaster agent ") + name + " 17");
  verb->callback([&places, id, instance, as_json, command] {
    const json arguments{{"instance_id", instance->as<std::string>()},
                         {"id", id->as<std::uint64_t>()}};
    const json message = places.connect().call(command, arguments);
    if (as_json->count() > 0) return print_json(message);
    std::cout << message_text(message);
  });
}

}  // namespace

void add_agent_verbs(CLI::App& app, Places& places) {
  CLI::App* agent = app.add_subcommand("agent", "What an instance says and hears");
  agent->require_subcommand(1);
  agent->footer("An agent's own name comes from --from or --instance, else YARDMASTER_INSTANCE.");
  add_raw_send(*agent, places);
  add_agent_list(*agent, places);
  add_one_message(*agent, places, "read-message", "read_message",
                  "Show a message; it is read then");
  add_one_message(*agent, places, "ack-message", "ack_message", "Say that a message is dealt with");
  add_complete_verb(*agent, places);
}

}  // namespace yardmaster::cli
