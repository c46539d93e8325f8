#include "coordinator/cli/completion.h"

#include <algorithm>
#include <optional>

#include "coordinator/cli/command_line.h"

namespace yardmaster::cli {
namespace {

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool is_shown(const CLI::Option* option) { return !option->get_group().empty(); }

std::vector<CLI::App*> shown_verbs(CLI::App& group) {
  return group.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

CLI::App* verb_of(CLI::App& group, const std::string& word) {
  for (CLI::App* verb : shown_verbs(group)) {
    if (verb->check_name(word)) return verb;
  }
  return nullptr;
}

// One line of what may be several.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class Collector {
 public:
  Collector(const TypedLine& typed, const NameSource& names) : typed_(typed), names_(names) {}

  void add_verbs(CLI::App& group) {
    for (const CLI::App* verb : shown_verbs(group)) add(verb->get_name(), verb->get_description());
  }

  void add_options() {
    for (const CLI::Option* option : typed_.verb->get_options(is_shown)) {
      for (const std::string& name : option->get_lnames()) {
        add("--" + name, option->get_description());
      }
    }
  }

  // `prefix` stands before the value in the same word.
  void add_values(CLI::Option& option, const std::string& prefix = {}) {
    for (const std::string& word : completion_words(option)) add(prefix + word, "");
    const std::optional<Names> kind = completion_names(option);
    if (!kind) return;
    if (kind == Names::files) {
      found_.files = true;
    } else if (kind != Names::verbs) {
      for (const Candidate& each : names_(*kind)) add(prefix + each.word, each.help);
    }
  }

  void add(const std::string& word, const std::string& help) {
    if (word.starts_with(typed_.current)) found_.candidates.push_back({word, first_line(help)});
  }

  Completion take() { return std::move(found_); }

 private:
  const TypedLine& typed_;
  const NameSource& names_;
  Completion found_;
};

// The positional that the current word is, if there is one more.
CLI::Option* next_positional(const TypedLine& typed) {
  const auto is_positional = [](const CLI::Option* option) { return option->get_positional(); };
  const std::vector<CLI::Option*> all = typed.verb->get_options(is_positional);
  if (typed.positionals.size() < all.size()) return all[typed.positionals.size()];
  const bool goes_on = !all.empty() && all.back()->get_items_expected_max() > 1;
  return goes_on ? all.back() : nullptr;
}

// After `help` come the words of a verb.
void add_topics(CLI::App& app, const TypedLine& typed, Collector& found) {
  CLI::App* verb = &app;
  if (typed.positionals.empty()) found.add(protocol_topic, "All commands, events and errors");
  for (const std::string& word : typed.positionals) {
    verb = verb_of(*verb, word);
    if (verb == nullptr) return;
  }
  found.add_verbs(*verb);
}

}  // namespace

TypedLine read_typed(CLI::App& app, const std::vector<std::string>& words) {
  TypedLine typed;
  typed.verb = &app;
  if (!words.empty()) typed.current = words.back();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (typed.awaiting != nullptr) {
      typed.values[typed.awaiting->get_name()] = word;
      typed.awaiting = nullptr;
    } else if (typed.takes_options && word == "--") {
      typed.takes_options = false;
    } else if (typed.takes_options && word.size() > 1 && word.starts_with('-')) {
      const std::size_t end = word.find('=');
      CLI::Option* option = typed.verb->get_option_no_throw(word.substr(0, end));
      if (option == nullptr || !takes_value(*option)) continue;
      if (end == std::string::npos) typed.awaiting = option;
      if (end != std::string::npos) typed.values[option->get_name()] = word.substr(end + 1);
    } else if (CLI::App* next = verb_of(*typed.verb, word);
               next != nullptr && typed.positionals.empty() && typed.takes_options) {
      typed.verb = next;
    } else {
      typed.positionals.push_back(word);
    }
  }
  return typed;
}

Completion complete(CLI::App& app, const TypedLine& typed, const NameSource& names) {
  Collector found(typed, names);
  const std::string& current = typed.current;
  const std::size_t end = current.find('=');
  if (typed.awaiting != nullptr) {
    found.add_values(*typed.awaiting);
  } else if (typed.takes_options && current.starts_with("--") && end != std::string::npos) {
    CLI::Option* option = typed.verb->get_option_no_throw(current.substr(0, end));
    if (option != nullptr) found.add_values(*option, current.substr(0, end + 1));
  } else if (typed.takes_options && current.starts_with('-')) {
    found.add_options();
  } else {
    if (typed.positionals.empty() && typed.takes_options) found.add_verbs(*typed.verb);
    CLI::Option* positional = next_positional(typed);
    if (positional == nullptr) return found.take();
    found.add_values(*positional);
    if (completion_names(*positional) == Names::verbs) add_topics(app, typed, found);
  }
  return found.take();
}

}  // namespace yardmaster::cli
