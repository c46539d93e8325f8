// Messages, as people and agents send and read them.
#include <iostream>
#include <iterator>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/free_texts.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/domain/message.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

const char* const recipients_help =
    "A name; @worker: all of that role in your repository; @all: everyone there;\n"
    "@worker@repo, @all@repo: in another one; @@all: the whole yard";

struct SendOptions {
  CLI::Option* to = nullptr;
  CLI::Option* text = nullptr;
  CLI::Option* key = nullptr;
  CLI::Option* wait = nullptr;
  CLI::Option* timeout = nullptr;
  CLI::Option* from = nullptr;
  CLI::Option* as_json = nullptr;
};

std::string standard_input() {
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

std::string text_to_send(const CLI::Option& text) {
  std::string body = text.count() > 0 ? text.as<std::string>() : "-";
  if (body == "-") body = standard_input();
  if (body.empty()) throw Error(ErrorCode::usage, "BODY is empty: there is nothing to send");
  return body;
}

std::optional<MessageStatus> status_to_wait_for(const CLI::Option& wait) {
  const std::string text = value_of(wait);
  if (text.empty()) return std::nullopt;
  const auto status = message_status_from(text);
  const bool can_be_waited_for =
      status && *status != MessageStatus::pending && *status != MessageStatus::dead;
  if (can_be_waited_for) return status;
  throw Error(ErrorCode::usage, "--wait: '" + one_line(text) + "' is not delivered, read or acked");
}

std::chrono::seconds timeout_of(const CLI::Option& timeout) {
  return std::chrono::seconds(count_of(timeout).value_or(60));
}

// The sender hears of it as it happens; it subscribed before it sent.
void wait_for(Client& client, std::uint64_t id, MessageStatus wanted,
              std::chrono::seconds longest) {
  const auto deadline = steady_clock::now() + longest;
  for (;;) {
    const auto left = deadline - steady_clock::now();
    const auto event = left.count() > 0 ? client.next_event(left) : std::nullopt;
    if (!event) {
      throw Error(ErrorCode::timed_out, "message " + std::to_string(id) + " is not " +
                                            std::string(to_string(wanted)) + " after " +
                                            std::to_string(longest.count()) +
                                            " s; it stays in the recipient's inbox");
    }
    const json& data = event->at("data");
    if (number_of(data, "id") != id) continue;
    const auto status = message_status_from(text_of(data, "status"));
    if (status == MessageStatus::dead) {
      throw Error(ErrorCode::conflict,
                  "message " + std::to_string(id) + " is dead: " + text_of(data, "reason"));
    }
    if (status && *status >= wanted) return;
  }
}

void send(const Places& places, const SendOptions& options, const std::string& to) {
  const auto wanted = status_to_wait_for(*options.wait);
  const bool to_many = to.starts_with('@');
  if (wanted && to_many) {
    throw Error(ErrorCode::usage, "--wait: only for a message to one");
  }
  const std::string from = speaker(*options.from);
  json arguments{{"from", from}, {"to", to}, {"body", text_to_send(*options.text)}};
  if (options.key->count() > 0) arguments["key"] = value_of(*options.key);
  Client client = places.connect();
  if (wanted) {
    client.call("subscribe", {{"events", json::array({"message_status"})}, {"instance_id", from}});
  }
  const json sent = client.call(to_many ? "broadcast" : "send_message", arguments);
  if (wanted) wait_for(client, number_of(sent, "id"), *wanted, timeout_of(*options.timeout));
  if (options.as_json->count() > 0) return print_json(sent);
  if (!to_many) {
    std::cout << "message " << sent["id"] << " to " << one_line(to);
    std::cout << (wanted ? " is " + std::string(to_string(*wanted)) : " is in the inbox") << "\n";
    return;
  }
  std::cout << counted(sent["ids"].size(), "message") << " sent\n";
}

SendOptions add_send_options(CLI::App& verb, Places& places) {
  add_place_options(verb, places);
  SendOptions options;
  options.text = verb.add_option(free_text, "The text; - or nothing: standard input");
  options.key = verb.add_option("--key", "Repeating a request with this key has no effect");
  options.key->type_name("TEXT");
  options.wait = verb.add_option("--wait", "Until it is delivered, read or acked");
  completed_with(options.wait, "delivered read acked")->type_name("STATUS");
  options.timeout = verb.add_option("--timeout", "How long to wait at most [60]");
  options.timeout->type_name("SECONDS");
  options.from = add_speaker_option(verb, "--from");
  options.as_json = add_json_flag(verb);
  return options;
}

void add_send(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("send", "Send a message to an instance, a role or everyone");
  CLI::Option* to = verb->add_option("TO", recipients_help)->required();
  completed_with(to, Names::recipients);
  const SendOptions options = add_send_options(*verb, places);
  verb->footer(
      "A text that begins with a dash comes after --.\n"
      "Examples:\n"
      "  yardmaster send worker-1 'The tests are red since your last commit'\n"
      "  git diff | yardmaster send worker-1 -\n"
      "  yardmaster send worker-1 'Please answer' --wait acked --timeout 600");
  verb->callback([&places, options, to] { send(places, options, to->as<std::string>()); });
}

void add_broadcast(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("broadcast", "Send a message to everyone, or to a role");
  CLI::Option* role = verb->add_option("--to", "@all, @worker, @all@repo, @@all [@all]");
  completed_with(role, Names::recipients);
  const SendOptions options = add_send_options(*verb, places);
  verb->footer("Example: yardmaster broadcast 'main is frozen until noon'");
  verb->callback([&places, options, role] {
    send(places, options, role->count() > 0 ? role->as<std::string>() : "@all");
  });
}

void add_for_each_id(CLI::App& app, Places& places, const char* name, const char* command,
                     const char* help, const char* example) {
  CLI::App* verb = app.add_subcommand(name, help);
  add_place_options(*verb, places);
  CLI::Option* ids = verb->add_option("ID", "Numbers, as inbox shows them")->required();
  ids->expected(1, -1)->allow_extra_args();
  CLI::Option* who = add_speaker_option(*verb, "--as");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(std::string("Example: yardmaster ") + example);
  verb->callback([&places, ids, who, as_json, command] {
    Client client = places.connect();
    const std::string reader = speaker(*who);
    for (const auto& text : ids->as<std::vector<std::string>>()) {
      const json message =
          client.call(command, {{"instance_id", reader}, {"id", whole_number("ID", text)}});
      if (as_json->count() > 0) {
        print_json(message);
      } else if (std::string_view(command) == "read_message") {
        std::cout << message_text(message);
      } else {
        std::cout << "message " << message["id"] << " is acked\n";
      }
    }
  });
}

}  // namespace

void add_message_verbs(CLI::App& app, Places& places) {
  add_send(app, places);
  add_broadcast(app, places);
  add_for_each_id(app, places, "read", "read_message", "Show messages whole; they are read then",
                  "read 17");
  add_for_each_id(app, places, "ack", "ack_message", "Say that messages are dealt with",
                  "ack 17 18");
}

}  // namespace yardmaster::cli
