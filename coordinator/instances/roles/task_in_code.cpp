#include "coordinator/instances/roles/task_in_code.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace yardmaster {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 11> shells{"sh",  "bash", "dash", "zsh", "ksh", "mksh",
                                                  "ash", "yash", "fish", "csh", "tcsh"};

struct CodeOptions {
  std::string_view program;
  std::string_view letters;  // of options behind which code stands
};

constexpr std::array<CodeOptions, 17> interpreters{{{"python", "c"},
                                                    {"python3", "c"},
                                                    {"perl", "eE"},
                                                    {"ruby", "e"},
                                                    {"node", "ep"},
                                                    {"nodejs", "ep"},
                                                    {"bun", "ep"},
                                                    {"php", "rBRE"},
                                                    {"lua", "e"},
                                                    {"pwsh", "c"},
                                                    {"su", "c"},
                                                    {"runuser", "c"},
                                                    {"sg", "c"},
                                                    {"newgrp", "c"},
                                                    {"script", "c"},
                                                    {"flock", "c"},
                                                    {"env", "S"}}};

constexpr std::array<std::string_view, 6> code_options{
    "--command", "--session-command", "--eval", "--print", "--split-string", "--init-command"};

// Hand all their words on to a shell, here or elsewhere.
constexpr std::array<std::string_view, 8> joiners{"ssh",    "mosh",     "watch", "tmux",
                                                  "screen", "parallel", "at",    "batch"};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string_view program_name(std::string_view word) {
  const std::size_t slash = word.rfind('/');
  return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

bool is_cluster(std::string_view word) {
  return word.size() > 1 && (word[0] == '-' || word[0] == '+') && word[1] != '-';
}

void mark(std::vector<WordUse>& uses, std::size_t at, WordUse use) {
  if (at < uses.size()) uses[at] = std::max(uses[at], use);
}

// Long options that take code, in one word or in two.
void mark_long_option(const Words& words, std::size_t at, std::vector<WordUse>& uses) {
  const std::string_view word = words[at];
  const std::size_t equals = word.find('=');
  if (!has(code_options, word.substr(0, equals))) return;
  mark(uses, equals == std::string_view::npos ? at + 1 : at, WordUse::code);
}

// The first word that is no option, when one of the options before it is -c.
void mark_script(const Words& words, std::size_t shell, std::vector<WordUse>& uses) {
  bool reads_script = false;
  for (std::size_t at = shell + 1; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (is_cluster(word)) {
      reads_script = reads_script || (word[0] == '-' && word.find('c') != std::string_view::npos);
      if (word.ends_with('o') || word.ends_with('O')) ++at;  // its value: -o pipefail
    } else if (word.starts_with("--") || word == "-") {
      mark_long_option(words, at, uses);
    } else {
      if (reads_script) mark(uses, at, WordUse::script);
      return;
    }
  }
}

void mark_code(const Words& words, std::size_t program, std::string_view letters,
               std::vector<WordUse>& uses) {
  for (std::size_t at = program + 1; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word.starts_with("--")) mark_long_option(words, at, uses);
    if (!is_cluster(word)) continue;
    const std::size_t letter = word.find_first_of(letters);
    if (letter == std::string_view::npos) continue;
    mark(uses, at, WordUse::code);
    if (letter + 1 == word.size()) mark(uses, at + 1, WordUse::code);
  }
}

bool is_of_a_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' ||
         c == '-';
}

bool is_interpreter(std::string_view name) {
  const bool listed = std::any_of(interpreters.begin(), interpreters.end(), [&](const auto& each) {
    return each.program == name && name != "env";
  });
  return listed || has(shells, name) || has(joiners, name) || name == "eval" || name == "xargs" ||
         name == "trap" || name == "awk" || name == "gawk" || name == "source";
}

}  // namespace

std::vector<WordUse> uses_of(const Words& words) {
  std::vector<WordUse> uses(words.size(), WordUse::data);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view name = program_name(words[at]);
    if (has(shells, name)) mark_script(words, at, uses);
    for (const CodeOptions& each : interpreters) {
      const bool is_one =
          name == each.program || (each.program == "python3" && name.starts_with("python3."));
      if (is_one) mark_code(words, at, each.letters, uses);
    }
    if (!has(joiners, name)) continue;
    for (std::size_t later = at + 1; later < words.size(); ++later) {
      mark(uses, later, WordUse::code);
    }
  }
  return uses;
}

bool calls_interpreter(std::string_view script) {
  while (!script.empty()) {
    const auto begin = std::find_if(script.begin(), script.end(), is_of_a_word);
    const auto end = std::find_if_not(begin, script.end(), is_of_a_word);
    if (is_interpreter(program_name(std::string_view(begin, end)))) return true;
    script.remove_prefix(static_cast<std::size_t>(end - script.begin()));
  }
  return false;
}

void ScriptQuotes::pass(char c) {
  const bool begins_word = last_ == ' ' || last_ == '\t' || last_ == '\n' || last_ == ';';
  if (escaped_) {
    escaped_ = false;
  } else if (quote_ == Quote::comment) {
    if (c == '\n') quote_ = Quote::none;
  } else if (quote_ == Quote::single_quote) {
    if (c == '\'') quote_ = Quote::none;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '(' && (quote_ == Quote::none || last_ == '$')) {
    outer_.push_back(quote_);
    quote_ = Quote::none;
  } else if (quote_ == Quote::double_quote) {
    if (c == '"') quote_ = Quote::none;
  } else if (c == '#' && begins_word) {
    quote_ = Quote::comment;
  } else {
    pass_unquoted(c);
  }
  last_ = c;
  if (c != ' ' && c != '\t') last_not_blank_ = c;
}

void ScriptQuotes::pass_unquoted(char c) {
  if (c == '\'') quote_ = Quote::single_quote;
  if (c == '"') quote_ = Quote::double_quote;
  if (c != ')' || outer_.empty()) return;
  quote_ = outer_.back();
  outer_.pop_back();
}

std::string ScriptQuotes::here(const std::string& expression) const {
  if (quote_ == Quote::single_quote) return "'" + expression + "'";
  if (quote_ == Quote::double_quote) return "\"" + expression + "\"";
  return expression;
}

bool ScriptQuotes::begins_command() const {
  constexpr std::string_view before_commands = ";|&({`!\n";
  return before_commands.find(last_not_blank_) != std::string_view::npos;
}

}  // namespace yardmaster
