#include "coordinator/cli/usage_error.h"

#include <vector>

#include "coordinator/cli/closest_word.h"

namespace yardmaster::cli {
namespace {

// The verb that was reached, with the words that lead there.
struct Reached {
  const CLI::App* verb;
  std::string words;
};

Reached reached_verb(const CLI::App& app) {
  Reached reached{&app, app.get_name()};
  while (!reached.verb->get_subcommands().empty()) {
    reached.verb = reached.verb->get_subcommands().back();
    reached.words += " " + reached.verb->get_name();
  }
  return reached;
}

std::vector<std::string> verbs_of(const CLI::App& group) {
  std::vector<std::string> names;
  // Others are not for people.
  const auto is_shown = [](const CLI::App* verb) { return !verb->get_group().empty(); };
  for (const CLI::App* verb : group.get_subcommands(is_shown)) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string closest = closest_word(word, known);
  return closest.empty() ? "" : "; did you mean " + closest + "?";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// What the parser could make nothing of, or a missing verb; empty when something else is wrong.
std::string about_unknown(const CLI::App& app, const Reached& reached,
                          const CLI::ParseError& error) {
  const std::vector<std::string> verbs = verbs_of(*reached.verb);
  const bool is_unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (!is_unexpected && verbs.empty()) return "";
  std::vector<std::string> unknown = app.remaining(true);
  std::erase(unknown, "--");  // what follows it is what is too much
  if (unknown.empty()) return "a command is missing: " + joined(verbs);
  const std::string& word = unknown.front();
  if (word.starts_with('-')) {
    return "unknown option '" + word + "'" + suggestion(word, options_of(*reached.verb));
  }
  if (verbs.empty()) return "unexpected argument '" + word + "'";
  return "unknown command '" + word + "'" + suggestion(word, verbs);
}

}  // namespace

std::string suggested_verb(const CLI::App& group, const std::string& word) {
  return suggestion(word, verbs_of(group));
}

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const Reached reached = reached_verb(app);
  const std::string unknown = about_unknown(app, reached, error);
  return (unknown.empty() ? std::string(error.what()) : unknown) + " (see " + reached.words +
         " --help)";
}

}  // namespace yardmaster::cli
