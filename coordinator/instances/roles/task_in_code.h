// Which words of an agent's command a shell or another interpreter reads as code, and how what is
// filled into them stays data. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

enum class WordUse {
  data,
  script,  // a shell reads it: sh -c '…'
  code     // something else does, or a shell on the other side of a wire: python -c, ssh, su -c
};

// Of each word of a command.
std::vector<WordUse> uses_of(const std::vector<std::string>& words);

// A program that would execute what it is given is called in the script: eval, sh, ssh, xargs …
bool calls_interpreter(std::string_view script);

// Where in a script one is: a walk over its characters.
class ScriptQuotes {
 public:
  void pass(char c);
  // The expression, a word of a shell, as it must stand here to be the same word.
  std::string here(const std::string& expression) const;
  // What stands here would be a command's name.
  bool begins_command() const;

 private:
  enum class Quote { none, single_quote, double_quote, comment };

  void pass_unquoted(char c);

  std::vector<Quote> outer_;  // of `$(`, `"$(` and their like around this place
  Quote quote_ = Quote::none;
  bool escaped_ = false;
  char last_ = '\n';  // before this place
  char last_not_blank_ = ';';
};

}  // namespace yardmaster
