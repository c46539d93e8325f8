#include "coordinator/cli/option_checks.h"

#include <sstream>

#include "coordinator/cli/output/display_text.h"
#include "coordinator/domain/message.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

std::string complaint_about_name(const std::string& text) {
  if (is_valid_name(text)) return "";
  return "'" + cut(one_line(text), 80) +
         "' is not a name: use 1 to 63 of a-z, 0-9 and '-', not starting with '-'";
}

CLI::Option* check(CLI::Option* option, std::function<std::string(std::string&)> complaint) {
  return option->check(CLI::Validator(std::move(complaint), ""));
}

constexpr std::string_view names_mark = "completed with names ";
constexpr std::string_view words_mark = "completed with words ";

// An option has no room for what is said about it, but in the names of its checks.
CLI::Option* note(CLI::Option* option, std::string_view mark, const std::string& text) {
  const auto accept = [](std::string&) { return std::string(); };
  return option->check(CLI::Validator(accept, "", std::string(mark) + text));
}

std::optional<std::string> noted(CLI::Option& option, std::string_view mark) {
  try {
    for (int i = 0;; ++i) {
      const std::string& name = option.get_validator(i)->get_name();
      if (name.starts_with(mark)) return name.substr(mark.size());
    }
  } catch (const CLI::OptionNotFound&) {
    return std::nullopt;
  }
}

}  // namespace

CLI::Option* completed_with(CLI::Option* option, Names names) {
  return note(option, names_mark, std::to_string(static_cast<int>(names)));
}

CLI::Option* completed_with(CLI::Option* option, const std::string& words) {
  return note(option, words_mark, words);
}

std::optional<Names> completion_names(CLI::Option& option) {
  const auto number = noted(option, names_mark);
  if (!number) return std::nullopt;
  return static_cast<Names>(std::stoi(*number));
}

std::vector<std::string> completion_words(CLI::Option& option) {
  std::istringstream text(noted(option, words_mark).value_or(""));
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

CLI::Option* must_be_name(CLI::Option* option) {
  return check(option, [](std::string& text) { return complaint_about_name(text); });
}

CLI::Option* must_be_recipient(CLI::Option* option) {
  return check(option, [](std::string& text) {
    if (!text.starts_with('@')) return complaint_about_name(text);
    if (recipients_from(text)) return std::string();
    return "'" + cut(one_line(text), 80) +
           "' is no group: write @all, @ROLE, @all@REPO, @ROLE@REPO, @@all or @@ROLE";
  });
}

CLI::Option* must_not_be_empty(CLI::Option* option) {
  return check(option, [](std::string& text) {
    return std::string(text.empty() ? "must not be empty" : "");
  });
}

}  // namespace yardmaster::cli
