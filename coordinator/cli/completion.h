// What a shell may offer for the word at the cursor: verbs and options from the command line
// itself, names from whoever knows them. Any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "coordinator/cli/option_checks.h"

namespace yardmaster::cli {

struct Candidate {
  std::string word;
  std::string help;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  // what the shell itself knows of files
};

// A command line up to the cursor.
struct TypedLine {
  CLI::App* verb = nullptr;                   // the last one that was reached
  CLI::Option* awaiting = nullptr;            // whose value comes next
  std::vector<std::string> positionals;       // that the verb was given
  bool takes_options = true;                  // no "--" has been given
  std::map<std::string, std::string> values;  // by long option
  std::string current;                        // the word that is not finished
};

// `words` without the program; the last one is not finished, and may be empty.
TypedLine read_typed(CLI::App& app, const std::vector<std::string>& words);

// Asks for the names of a kind.
using NameSource = std::function<std::vector<Candidate>(Names)>;

Completion complete(CLI::App& app, const TypedLine& typed, const NameSource& names);

}  // namespace yardmaster::cli
