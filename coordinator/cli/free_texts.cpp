#include "coordinator/cli/free_texts.h"

#include <algorithm>

namespace yardmaster::cli {
namespace {

const CLI::App* verb_of(const CLI::App& group, const std::string& word) {
  const auto verbs =
      group.get_subcommands([&](const CLI::App* each) { return each->check_name(word); });
  return verbs.empty() ? nullptr : verbs.front();
}

const CLI::Option* option_of(const CLI::App& verb, const std::string& word) {
  return verb.get_option_no_throw(word.substr(0, word.find('=')));
}

// Several short flags in one word are not known here: no verb that takes a text has them.
bool looks_like_a_text(const CLI::App& verb, const std::string& word) {
  if (!word.starts_with('-') || word == "-" || word == "--") return false;
  return option_of(verb, word) == nullptr;
}

bool takes_a_text(const CLI::Option* option, const std::string& word) {
  return option != nullptr && word.starts_with("--") && word.find('=') == std::string::npos &&
         option->get_items_expected_max() > 0;
}

}  // namespace

std::vector<std::string> with_free_texts(const CLI::App& app,
                                         const std::vector<std::string>& words) {
  const CLI::App* verb = &app;
  std::vector<std::string> plain;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool has_next = i + 1 < words.size();
    if (word == "--") {
      texts.insert(texts.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (const CLI::App* next = verb_of(*verb, word)) {
      verb = next;
      plain.push_back(word);
    } else if (takes_a_text(option_of(*verb, word), word) && has_next) {
      ++i;
      const bool joins = looks_like_a_text(*verb, words[i]);
      plain.push_back(joins ? word + "=" + words[i] : word);
      if (!joins) plain.push_back(words[i]);
    } else {
      const bool is_text =
          verb->get_option_no_throw(free_text) != nullptr && looks_like_a_text(*verb, word);
      (is_text ? texts : plain).push_back(word);
    }
  }
  if (!texts.empty()) plain.emplace_back("--");
  plain.insert(plain.end(), texts.begin(), texts.end());
  return plain;
}

}  // namespace yardmaster::cli
