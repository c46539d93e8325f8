#include "coordinator/instances/roles/prompt.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/instances/roles/text_file.h"
#include "embedded/yard.md.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_repository_part = 256U << 10U;

void append_part(std::string& prompt, std::string_view part) {
  const std::size_t end = part.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return;
  if (!prompt.empty()) prompt += "\n";
  prompt.append(part.substr(0, end + 1)).append("\n");
}

// A fence that nothing in the text can close.
std::string fenced(const std::string& text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fence + "\n" + text + (text.ends_with('\n') ? "" : "\n") + fence;
}

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string about_repository(const PromptFacts& facts) {
  return "- Repository: " + code(facts.repo) + ". Its supervisor is called " +
         code(facts.repo + "-supervisor") + " and its merge queue " +
         code(facts.repo + "-merge-queue") +
         ", unless `yardmaster ls` says otherwise. Where one is missing, say in your summary what "
         "you would have told it.\n";
}

std::string about_worktree(const PromptFacts& facts) {
  std::string text = "- Your worktree: " + code(facts.worktree.string());
  if (!facts.branch.empty()) text += ", on the branch " + code(facts.branch);
  if (!facts.base_branch.empty()) text += ", which began from " + code(facts.base_branch);
  return text + "\n";
}

std::string about_instance(const Role& role, const PromptFacts& facts) {
  std::string text = "# You\n\n- Your name: " + code(facts.instance) +
                     "\n- Your role: " + code(role.name) +
                     (role.persistent ? ", persistent\n" : ", until your task is complete\n");
  if (!facts.repo.empty()) text += about_repository(facts);
  if (!facts.worktree.empty()) text += about_worktree(facts);
  if (!facts.socket.empty()) text += "- Your socket: " + code(facts.socket.string()) + "\n";
  return text;
}

// Also drops bytes that are not UTF-8, which would make the prompt unreadable for some agents.
std::string readable(const std::string& text) {
  std::string valid = parse_json(to_text(text)).get<std::string>();
  std::erase(valid, '\0');
  return valid;
}

}  // namespace

std::string assemble_prompt(const Role& role, const PromptFacts& facts) {
  std::string prompt;
  append_part(prompt, role.prompt);
  append_part(prompt, embedded::yard_md);
  if (!facts.repository_part.empty()) {
    append_part(prompt, "# What this repository adds for the role " + code(role.name) +
                            "\n\nWhere it contradicts the rules above, the rules hold.\n\n" +
                            facts.repository_part);
  }
  append_part(prompt, about_instance(role, facts));
  if (!facts.task.empty()) append_part(prompt, "# Your task\n\n" + fenced(facts.task));
  if (!facts.cli_reference.empty()) append_part(prompt, "# Commands\n\n" + facts.cli_reference);
  return readable(prompt);
}

std::string read_repository_part(const fs::path& directory, const std::string& role) {
  const fs::path file = directory / ".yardmaster" / (role + ".md");
  std::error_code failure;
  const fs::path real = fs::canonical(file, failure);
  if (failure == std::errc::no_such_file_or_directory) return "";
  if (failure) {
    throw Error(ErrorCode::invalid_request,
                file.string() + ": cannot be read: " + failure.message());
  }
  const fs::path inside = real.lexically_relative(fs::canonical(directory));
  if (inside.empty() || *inside.begin() == "..") {
    throw Error(ErrorCode::invalid_request, file.string() + ": is a link out of the repository");
  }
  return read_text_file(real, max_repository_part).value_or("");
}

}  // namespace yardmaster
