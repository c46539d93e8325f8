#include <filesystem>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/cli/added_repository.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/repository_choice.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto repository_timeout = std::chrono::minutes(5);

void print_added(const Places& places, const AddedRepository& added) {
  const json& repository = added.repository;
  const std::string name = text_of(repository, "name");
  const std::string base = text_of(repository, "base_branch");
  std::cout << name << (added.was_there ? " is added already: " : " is added: ")
            << text_of(repository, "path") << (base.empty() ? "" : ", branches begin at " + base)
            << "\n  start an agent on it: "
            << places.command({"spawn", "worker", "--repo", name, "--task", "…"}) << "\n";
}

void add_add(CLI::App& repo, Places& places) {
  CLI::App* verb = repo.add_subcommand("add", "Add a repository: a directory, or a URL to clone");
  add_place_options(*verb, places);
  CLI::Option* source = verb->add_option("PATH|URL",
                                         "A checkout, used in place, or what git clone "
                                         "takes")
                            ->required();
  completed_with(source, Names::files);
  CLI::Option* name = verb->add_option("--name", "What it is called here (default: as it ends)");
  CLI::Option* base = verb->add_option("--base",
                                       "The branch that instances begin at (default: its "
                                       "current one)");
  CLI::Option* as_json = add_json_flag(*verb);
  must_be_name(name)->type_name("NAME");
  must_not_be_empty(base)->type_name("BRANCH");
  verb->footer(
      "A clone shows its progress; Ctrl-C cancels it and leaves nothing.\n"
      "Examples:\n"
      "  yardmaster repo add .\n"
      "  yardmaster repo add https://example.org/team/api.git --name api --base develop");
  verb->callback([&places, source, name, base, as_json] {
    const RepositorySource wanted = repository_source(source->as<std::string>());
    Client client = places.connect();
    const AddedRepository added = add_or_find(client, wanted, value_of(*name), value_of(*base));
    if (as_json->count() > 0) {
      print_json(added.repository);
    } else {
      print_added(places, added);
    }
  });
}

void add_repository_list(CLI::App& repo, Places& places) {
  CLI::App* verb = repo.add_subcommand("ls", "List the repositories");
  add_place_options(*verb, places);
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer("Example: yardmaster repo ls --json");
  verb->callback([&places, as_json] {
    Client client = places.connect();
    const json repositories = by_name(client.list("list_repos", "repos"), "name");
    if (as_json->count() > 0) {
      print_json({{"repos", repositories}});
    } else if (repositories.empty()) {
      std::cout << "no repositories; add one with " << places.command({"repo", "add", "."}) << "\n";
    } else {
      std::cout << repositories_table(repositories).text(terminal_width());
    }
  });
}

void add_repository_removal(CLI::App& repo, Places& places) {
  CLI::App* verb = repo.add_subcommand("rm", "Forget a repository; a checkout of yours stays");
  add_place_options(*verb, places);
  CLI::Option* name = must_be_name(verb->add_option("NAME", "As repo ls shows it"))->required();
  completed_with(name, Names::repositories);
  CLI::Option* force =
      verb->add_flag("--force")->description("Also when instances work on it; they are ended");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(
      "Cancels a clone that is under way.\n"
      "Example: yardmaster repo rm api --force");
  verb->callback([&places, name, force, as_json] {
    json request{{"name", name->as<std::string>()}};
    if (force->count() > 0) request["force"] = true;
    const json removed = places.connect().call("remove_repo", request, repository_timeout);
    if (as_json->count() > 0) return print_json(removed);
    const std::string kept = text_of(removed, "kept");
    std::cout << text_of(removed, "name") << " is removed"
              << (kept.empty() ? "" : "; its files stay in " + kept) << "\n";
  });
}

}  // namespace

void add_repository_verbs(CLI::App& app, Places& places) {
  CLI::App* repo = app.add_subcommand("repo", "The repositories that instances work on");
  repo->require_subcommand(1);
  repo->footer(
      "Examples:\n"
      "  yardmaster repo add .\n"
      "  yardmaster repo ls\n"
      "  yardmaster repo rm api");
  add_add(*repo, places);
  add_repository_list(*repo, places);
  add_repository_removal(*repo, places);
}

}  // namespace yardmaster::cli
