// The scripts by which shells complete command lines, and what they ask at each Tab.
#include <cstdlib>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/completion.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/domain/names.h"
#include "embedded/yardmaster.bash.h"
#include "embedded/yardmaster.fish.h"
#include "embedded/yardmaster.zsh.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// A person waits for it.
constexpr auto answer_timeout = std::chrono::milliseconds(300);
constexpr std::uint64_t most_ended = 100;

// The value as the shell would have passed it.
std::string value_in(const TypedLine& typed, const std::string& option) {
  const auto found = typed.values.find(option);
  if (found == typed.values.end()) return {};
  const char* const home = std::getenv("HOME");
  const bool is_at_home = home != nullptr && found->second.starts_with("~/");
  return is_at_home ? home + found->second.substr(1) : found->second;
}

Places places_in(const TypedLine& typed) {
  Places places;
  places.config_file = value_in(typed, "--config");
  places.state_dir = value_in(typed, "--state-dir");
  places.runtime_dir = value_in(typed, "--runtime-dir");
  return places;
}

// The daemon's names; none at all where it does not answer.
class KnownNames {
 public:
  explicit KnownNames(const TypedLine& typed)
      : client_(connect_to_yard(places_in(typed).load().config, answer_timeout)) {}

  std::vector<Candidate> of(Names kind) {
    switch (kind) {
      case Names::instances:
        return instances();
      case Names::ended_instances:
        return ended_instances();
      case Names::repositories:
        return listed("list_repos", "repos", "name", "path");
      case Names::roles:
        return listed("list_roles", "roles", "name", "");
      case Names::recipients:
        return recipients();
      case Names::handoffs:
        return listed("list_handoffs", "handoffs", "id", "summary", {{"state", "pending"}});
      case Names::tokens:
        return listed("list_tokens", "tokens", "name", "scope");
      case Names::verbs:
      case Names::files:
        break;
    }
    return {};
  }

 private:
  // The first page: more is more than anybody looks through.
  std::vector<Candidate> listed(const char* command, const char* list, const char* name,
                                const char* help, const json& arguments = json::object()) {
    std::vector<Candidate> found;
    const json reply = client_.call(command, arguments, answer_timeout);
    for (const json& each : list_of(reply, list)) {
      found.push_back({text_of(each, name), one_line(text_of(each, help))});
    }
    return found;
  }

  std::vector<Candidate> instances() {
    const json reply = client_.call("list_instances", json::object(), answer_timeout);
    std::vector<Candidate> found;
    for (const char* list : {"instances", "waiting"}) {
      for (const json& each : list_of(reply, list)) {
        found.push_back(
            {text_of(each, "instance_id"), text_of(each, "role") + ", " + text_of(each, "state")});
      }
    }
    return found;
  }

  std::vector<Candidate> ended_instances() {
    const json asked{{"state", "gone"}, {"limit", most_ended}};
    return listed("list_instances", "instances", "instance_id", "reason", asked);
  }

  std::vector<Candidate> recipients() {
    std::vector<Candidate> found = instances();
    found.push_back({std::string(person_name), "the person at the terminal"});
    found.push_back({"@all", "everyone in your repository"});
    found.push_back({"@@all", "the whole yard"});
    for (const Candidate& role : of(Names::roles)) {
      found.push_back({"@" + role.word, "all of that role in your repository"});
    }
    return found;
  }

  Client client_;
};

// Whatever goes wrong, nothing is said: it would stand in the middle of what is being typed.
std::vector<Candidate> known_names(const TypedLine& typed, Names kind) {
  try {
    return KnownNames(typed).of(kind);
  } catch (const std::exception&) {
    return {};
  }
}

// A line for each: the word, a tab, what it is; or ":files".
void print_completion(const std::vector<std::string>& words) {
  CLI::App app{"", "yardmaster"};
  Places places;
  int status = 0;
  add_verbs(app, places, status);
  const TypedLine typed = read_typed(app, words);
  const Completion found =
      complete(app, typed, [&](Names kind) { return known_names(typed, kind); });
  if (found.files) std::cout << ":files\n";
  for (const Candidate& each : found.candidates) {
    std::cout << each.word << "\t" << each.help << "\n";
  }
}

void print_script(const std::string& shell) {
  if (shell == "bash") {
    std::cout << embedded::yardmaster_bash;
  } else if (shell == "zsh") {
    std::cout << embedded::yardmaster_zsh;
  } else if (shell == "fish") {
    std::cout << embedded::yardmaster_fish;
  } else {
    throw Error(ErrorCode::usage, "SHELL: '" + one_line(shell) + "' is not bash, zsh or fish");
  }
}

}  // namespace

void add_completion_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("completion", "Print what lets your shell complete commands");
  CLI::Option* shell = verb->add_option("SHELL", "bash, zsh or fish")->required();
  completed_with(shell, "bash zsh fish");
  verb->footer(
      "Names of instances, repositories and roles are asked of the daemon, if it runs.\n"
      "  bash  source <(yardmaster completion bash)                   in ~/.bashrc\n"
      "  zsh   source <(yardmaster completion zsh)                    in ~/.zshrc, after compinit\n"
      "  fish  yardmaster completion fish > ~/.config/fish/completions/yardmaster.fish");
  verb->callback([shell] { print_script(shell->as<std::string>()); });
  CLI::App* asked = app.add_subcommand("complete-words", "What the scripts ask at each Tab");
  asked->group("");
  CLI::Option* words = asked->add_option("WORD", "Of the command line, up to the cursor");
  words->expected(1, -1)->allow_extra_args();
  asked->callback([words] {
    std::vector<std::string> typed;
    if (words->count() > 0) typed = words->as<std::vector<std::string>>();
    print_completion(typed);
  });
}

}  // namespace yardmaster::cli
