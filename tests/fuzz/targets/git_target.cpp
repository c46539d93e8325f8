// What git prints and what stands in its files. The first byte chooses the reader.
#include <string>

#include "coordinator/instances/git/own_files.h"
#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/rescue_time.h"
#include "coordinator/instances/git/stale_lock.h"
#include "coordinator/instances/git/worktree_changes.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

void names(std::string_view text) {
  const bool valid = is_valid_ref_name("refs/heads/" + std::string(text));
  const bool branch = accepted([&] { require_branch_name(text); });
  require(valid || !branch, "a branch whose ref is invalid");
  // A line of update-ref, or an option.
  if (branch)
    require(text.find_first_of(" \n") == std::string_view::npos && text[0] != '-', "name");
  (void)accepted([&] {
    const auto place = require_worktree_place(std::string(text), "/forbidden");
    require(place.is_absolute(), "a relative place");
    require(place.native().find('\n') == std::string::npos, "a place of two lines");
  });
}

}  // namespace

void git(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (input.front() % 5) {
    case 0:
      (void)accepted([&] { (void)parse_status(text).fit_in_commit(); });
      break;
    case 1:
      (void)accepted([&] { (void)parse_config(text).may_be_per_worktree(); });
      break;
    case 2:
      (void)accepted([&] { (void)rescue_time_text(parse_rescue_time(std::string(text))); });
      break;
    case 3:
      (void)accepted([&] { (void)lock_named_in(text); });
      break;
    default:
      names(text);
  }
}

}  // namespace yardmaster::fuzz
