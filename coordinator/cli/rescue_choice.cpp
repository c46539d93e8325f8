#include "coordinator/cli/rescue_choice.h"

#include <vector>

#include "coordinator/base/error.h"
#include "coordinator/base/own_refs.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

const json& only_one(const std::vector<json>& found, const std::string& wanted) {
  for (const json& each : found) {
    if (text_of(each, "repo") == text_of(found.front(), "repo")) continue;
    throw Error(ErrorCode::usage, "'" + one_line(wanted) + "' was saved in " +
                                      text_of(found.front(), "repo") + " and in " +
                                      text_of(each, "repo") + ": say which with --repo");
  }
  return found.front();
}

const json& latest(const std::vector<json>& found) {
  const json* newest = &found.front();
  for (const json& each : found) {
    if (text_of(each, "time") > text_of(*newest, "time")) newest = &each;
  }
  return *newest;
}

}  // namespace

json choose_rescue(const json& rescues, const std::string& wanted) {
  std::vector<json> by_ref;
  std::vector<json> by_instance;
  std::string directory;
  const std::string whole = std::string(rescue_namespace) + wanted;
  for (const json& each : rescues) {
    const std::string ref = text_of(each, "ref");
    const bool is_commit = !ref.empty();
    if (is_commit && (ref == wanted || ref == whole)) by_ref.push_back(each);
    if (text_of(each, "instance") != wanted) continue;
    if (is_commit) {
      by_instance.push_back(each);
    } else {
      directory = text_of(each, "directory");
    }
  }
  if (!by_ref.empty()) return only_one(by_ref, wanted);
  if (!by_instance.empty()) return latest(by_instance);
  if (!directory.empty()) {
    throw Error(ErrorCode::not_found, "what was saved of '" + one_line(wanted) +
                                          "' is no commit; its files are in " + directory);
  }
  throw Error(ErrorCode::not_found,
              "nothing was saved under '" + one_line(wanted) +
                  "': work is saved when an instance ends and has some that is not committed or "
                  "not pushed. 'yardmaster rescue ls' shows all that was saved, 'yardmaster "
                  "history' who ended and how");
}

}  // namespace yardmaster::cli
