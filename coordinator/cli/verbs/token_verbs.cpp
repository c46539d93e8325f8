// Access tokens, and the yard's page in a browser.
#include <iostream>
#include <string>

#include "coordinator/base/error.h"
#include "coordinator/base/private_file.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// How a secret leaves: on standard output, or into a file that nobody else may read.
CLI::Option* add_file_option(CLI::App& verb) {
  CLI::Option* option = must_not_be_empty(
      verb.add_option("--file", "Write the secret there (mode 0600), instead of printing it"));
  return completed_with(option, Names::files)->type_name("PATH");
}

void hand_out(const json& issued, const CLI::Option& file) {
  const std::string secret = text_of(issued, "token") + "\n";
  const std::string name = text_of(issued, "name");
  if (file.count() == 0) {
    std::cout << secret;
    std::cerr
        << "'" << name << "' (" << text_of(issued, "scope")
        << "). The secret is not shown again; it goes into the header Authorization: Bearer\n";
    return;
  }
  write_new_private_file(file.as<std::string>(), secret);
  std::cout << "'" << name << "' (" << text_of(issued, "scope") << ") is in "
            << one_line(file.as<std::string>()) << "\n";
}

// Before anything is made that nobody would know of.
void require_no_file(const CLI::Option& file) {
  if (file.count() == 0 || !std::filesystem::exists(file.as<std::string>())) return;
  throw Error(ErrorCode::already_exists, one_line(file.as<std::string>()) + " exists already");
}

CLI::Option* add_token_name(CLI::App& verb) {
  CLI::Option* name = must_be_name(verb.add_option("NAME", "As 'token ls' says it")->required());
  return completed_with(name, Names::tokens);
}

void add_create(CLI::App& token, Places& places) {
  CLI::App* verb = token.add_subcommand("create", "Make an access token, and print its secret");
  add_place_options(*verb, places);
  CLI::Option* scope = verb->add_option(
      "--scope",
      "read: lists, contexts, events [default]; talk: messages too, as user; manage: all");
  completed_with(scope, "read talk manage")
      ->type_name("SCOPE")
      ->check(CLI::IsMember({"read", "talk", "manage"}));
  CLI::Option* name = must_be_name(verb->add_option("--name", "Its name [token-N]"));
  name->type_name("NAME");
  CLI::Option* file = add_file_option(*verb);
  verb->footer("Example: yardmaster token create --scope read --name grafana --file grafana.token");
  verb->callback([&places, scope, name, file] {
    require_no_file(*file);
    json arguments = json::object();
    if (scope->count() > 0) arguments["scope"] = value_of(*scope);
    if (name->count() > 0) arguments["name"] = value_of(*name);
    hand_out(places.connect().call("create_token", arguments), *file);
  });
}

void add_list(CLI::App& token, Places& places) {
  CLI::App* verb = token.add_subcommand("ls", "List the access tokens, without their secrets");
  add_place_options(*verb, places);
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer("Example: yardmaster token ls");
  verb->callback([&places, as_json] {
    const json tokens = list_of(places.connect().call("list_tokens"), "tokens");
    if (as_json->count() > 0) return print_json(tokens);
    if (tokens.empty()) {
      std::cout << "No access tokens. 'yardmaster token create' makes one.\n";
      return;
    }
    Table table({{"NAME", true}, {"SCOPE"}, {"CREATED"}});
    for (const json& each : tokens) {
      table.add({text_of(each, "name"), text_of(each, "scope"), text_of(each, "created_at")});
    }
    std::cout << table.text(terminal_width());
  });
}

void add_rotate(CLI::App& token, Places& places) {
  CLI::App* verb = token.add_subcommand(
      "rotate", "Give an access token a new secret; the one before counts no more");
  add_place_options(*verb, places);
  CLI::Option* name = add_token_name(*verb);
  CLI::Option* file = add_file_option(*verb);
  verb->footer("What came by the old secret is cut off.\nExample: yardmaster token rotate grafana");
  verb->callback([&places, name, file] {
    require_no_file(*file);
    hand_out(places.connect().call("rotate_token", {{"name", value_of(*name)}}), *file);
  });
}

void add_removal(CLI::App& token, Places& places) {
  CLI::App* verb = token.add_subcommand("rm", "Remove an access token");
  add_place_options(*verb, places);
  CLI::Option* name = add_token_name(*verb);
  verb->footer("What came by it is cut off.\nExample: yardmaster token rm grafana");
  verb->callback([&places, name] {
    places.connect().call("remove_token", {{"name", value_of(*name)}});
    std::cout << "'" << value_of(*name) << "' counts no more\n";
  });
}

}  // namespace

void add_token_verbs(CLI::App& app, Places& places) {
  CLI::App* token = app.add_subcommand(
      "token", "Access tokens, for who comes over TCP, a proxy or as a member of socket_group");
  token->require_subcommand(1);
  token->footer("Example: yardmaster token create --scope talk --name phone");
  add_create(*token, places);
  add_list(*token, places);
  add_rotate(*token, places);
  add_removal(*token, places);

  CLI::App* page = app.add_subcommand("ui", "Print a link to the yard's page, for a browser");
  add_place_options(*page, places);
  page->footer(
      "The link is good for one browser of this machine, and for ten minutes. The page shows the\n"
      "instances live and sends messages as you; it ends with the daemon, and after twelve hours.\n"
      "Without the setting listen, a port of the loopback is opened for it.\n"
      "Example: yardmaster ui");
  page->callback(
      [&places] { std::cout << text_of(places.connect().call("invite_browser"), "url") << "\n"; });
}

}  // namespace yardmaster::cli
