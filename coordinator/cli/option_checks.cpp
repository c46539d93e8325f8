#include "coordinator/cli/option_checks.h"

#include <string>

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

}  // namespace

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
