#include <filesystem>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/rescue_choice.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto upkeep_timeout = std::chrono::minutes(10);

struct Upkeep {
  const char* verb;
  const char* command;
  const char* help;
  const char* footer;
  const char* nothing;  // said when there is nothing to do
};

// Throws when anything could not be done; everything else was.
void throw_if_any(const json& troubles) {
  std::string text;
  for (const json& each : troubles) {
    text += (text.empty() ? "" : "; ") + one_line(each.get<std::string>());
  }
  if (!text.empty()) throw Error(ErrorCode::unavailable, "not everything could be done: " + text);
}

void add_upkeep(CLI::App& app, Places& places, const Upkeep& upkeep) {
  CLI::App* verb = app.add_subcommand(upkeep.verb, upkeep.help);
  add_place_options(*verb, places);
  CLI::Option* dry_run =
      verb->add_flag("--dry-run")->description("Only say what would be done, and what it frees");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(upkeep.footer);
  verb->callback([&places, dry_run, as_json, command = upkeep.command, nothing = upkeep.nothing] {
    json request = json::object();
    if (dry_run->count() > 0) request["dry_run"] = true;
    const json reply = places.connect().call(command, request, upkeep_timeout);
    if (as_json->count() > 0) {
      print_json(reply);
    } else {
      std::cout << actions_text(reply, nothing, terminal_width(), places.restore_command());
    }
    throw_if_any(list_of(reply, "troubles"));
  });
}

json rescues_of(Client& client, const std::string& repo) {
  json request = json::object();
  if (!repo.empty()) request["repo"] = repo;
  return client.list("list_rescues", "rescues", request, upkeep_timeout);
}

// Refs are in repositories, and those of one that is not known are not looked at.
std::string nothing_rescued(Client& client) {
  if (!client.list("list_repos", "repos").empty()) {
    return "no rescue is known in the repositories of this yard\n";
  }
  return "no rescue is known, and no repository is added; what was saved in one shows again once "
         "it is added ('yardmaster repo add'), or with: git for-each-ref refs/yardmaster/rescue\n";
}

void add_rescue_list(CLI::App& rescue, Places& places) {
  CLI::App* verb = rescue.add_subcommand("ls", "List the work that was saved");
  add_place_options(*verb, places);
  CLI::Option* repo = add_repository_option(*verb, "Only of this repository");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer("Example: yardmaster rescue ls --repo api");
  verb->callback([&places, repo, as_json] {
    Client client = places.connect();
    const json rescues = rescues_of(client, value_of(*repo));
    if (as_json->count() > 0) {
      print_json({{"rescues", rescues}});
    } else if (rescues.empty()) {
      std::cout << nothing_rescued(client);
    } else {
      std::cout << rescues_table(rescues, SystemClock().wall_now()).text(terminal_width());
    }
  });
}

void print_restored(const json& restored, const std::string& ref) {
  const std::string branch = text_of(restored, "branch");
  const std::string path = text_of(restored, "path");
  std::cout << ref << "\n  is on branch " << branch;
  if (path.empty()) {
    std::cout << "; see it with: git log -p " << shell_quote(branch) << "\n";
  } else {
    std::cout << " in " << path << "\n";
  }
}

void add_rescue_restore(CLI::App& rescue, Places& places) {
  CLI::App* verb = rescue.add_subcommand("restore", "Make a branch of work that was saved");
  add_place_options(*verb, places);
  CLI::Option* wanted =
      verb->add_option("REF|NAME", "A ref of rescue ls, or an instance: its latest")->required();
  CLI::Option* branch = verb->add_option("--branch", "The branch's name (default: one is made up)");
  CLI::Option* into = verb->add_option("--into", "Also check it out, in this new directory");
  CLI::Option* repo = add_repository_option(*verb, "Where several repositories have it");
  CLI::Option* as_json = add_json_flag(*verb);
  must_not_be_empty(branch)->type_name("BRANCH");
  completed_with(must_not_be_empty(into), Names::files)->type_name("DIR");
  completed_with(wanted, Names::ended_instances);
  verb->footer(
      "Examples:\n"
      "  yardmaster rescue restore worker-1 --branch worker-1-again\n"
      "  yardmaster rescue restore worker-1/20261121T091500Z --into ../worker-1");
  verb->callback([&places, wanted, branch, into, repo, as_json] {
    Client client = places.connect();
    const json chosen =
        choose_rescue(rescues_of(client, value_of(*repo)), wanted->as<std::string>());
    const std::string ref = text_of(chosen, "ref");
    json request{{"repo", text_of(chosen, "repo")}, {"ref", ref}};
    if (branch->count() > 0) request["branch"] = value_of(*branch);
    if (into->count() > 0) {
      const auto directory = std::filesystem::absolute(value_of(*into)).lexically_normal();
      request["path"] = directory.string();
    }
    const json restored = client.call("restore_rescue", request, upkeep_timeout);
    if (as_json->count() > 0) return print_json(restored);
    print_restored(restored, ref);
  });
}

}  // namespace

void add_upkeep_verbs(CLI::App& app, Places& places) {
  add_upkeep(app, places,
             {"cleanup", "trigger_cleanup",
              "Look at everything now, end what is dead and remove what belongs to nobody",
              "The daemon does so by itself every now and then. Work in worktrees is saved first.\n"
              "Example: yardmaster cleanup --dry-run",
              "nothing to clean up"});
  add_upkeep(app, places,
             {"repair", "repair_state", "Put right what the daemon and the machine disagree about",
              "Does what cleanup does, and asks again about what could not be told.\n"
              "Example: yardmaster repair --dry-run",
              "nothing to repair"});
  CLI::App* rescue = app.add_subcommand("rescue", "Work that was saved when instances ended");
  rescue->require_subcommand(1);
  rescue->footer(
      "Examples:\n"
      "  yardmaster rescue ls\n"
      "  yardmaster rescue restore worker-1");
  add_rescue_list(*rescue, places);
  add_rescue_restore(*rescue, places);
}

}  // namespace yardmaster::cli
