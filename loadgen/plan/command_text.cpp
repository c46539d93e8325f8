#include "loadgen/plan/command_text.h"

#include "coordinator/base/postgres_secrets.h"
#include "coordinator/base/secrets.h"
#include "coordinator/base/shell_quote.h"

namespace yardmaster::loadgen {
namespace {

// What --postgres says how to connect by, and a URL, may hold a password.
std::string without_any_secret(const std::string& word, bool is_conninfo) {
  return without_secrets(is_conninfo ? without_password(word) : word);
}

}  // namespace

std::string command_text(const std::vector<std::string>& arguments) {
  std::string command = "loadgen";
  bool is_conninfo = false;
  for (const auto& argument : arguments) {
    const bool has_conninfo = is_conninfo || argument.starts_with("--postgres=");
    command += " " + shell_quote(without_any_secret(argument, has_conninfo));
    is_conninfo = argument == "--postgres";
  }
  return command;
}

}  // namespace yardmaster::loadgen
