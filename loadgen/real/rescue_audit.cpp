#include "loadgen/real/rescue_audit.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "coordinator/base/own_refs.h"
#include "loadgen/real/agent_work.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/work_repository.h"

namespace yardmaster::loadgen {

std::vector<std::string> rescue_refs_of(const std::filesystem::path& repository,
                                        const std::string& instance) {
  const std::string pattern =
      instance.empty() ? std::string(rescue_namespace) : rescue_namespace_of(instance);
  std::istringstream list(
      output_of(git_call(repository, {"for-each-ref", "--format=%(refname)", pattern})));
  std::vector<std::string> refs;
  for (std::string line; std::getline(list, line);) refs.push_back(line);
  return refs;
}

// Each file is "NAME blob SIZE\n", so many bytes and "\n", or "NAME missing\n".
std::vector<std::optional<std::string>> files_in(std::string_view batch) {
  std::vector<std::optional<std::string>> files;
  while (!batch.empty()) {
    const auto end = std::min(batch.find('\n'), batch.size());
    const std::string_view head = batch.substr(0, end);
    batch.remove_prefix(std::min(end + 1, batch.size()));
    const auto space = head.rfind(' ');
    std::size_t size = 0;
    const char* const stop = head.data() + head.size();
    const bool has_size = space != std::string_view::npos &&
                          std::from_chars(head.data() + space + 1, stop, size).ptr == stop &&
                          space + 1 < head.size();
    if (!has_size || size > batch.size()) {
      files.emplace_back(std::nullopt);
      continue;
    }
    files.emplace_back(std::string(batch.substr(0, size)));
    batch.remove_prefix(std::min(size + 1, batch.size()));
  }
  return files;
}

std::vector<std::optional<std::string>> git_files(const std::filesystem::path& repository,
                                                  const std::vector<std::string>& names) {
  if (names.empty()) return {};
  ProgramCall call = git_call(repository, {"cat-file", "--batch"});
  for (const auto& name : names) call.input += name + "\n";
  auto files = files_in(output_of(call));
  files.resize(names.size());
  return files;
}

std::vector<EditedWork> find_lost(const std::filesystem::path& repository,
                                  const std::vector<EditedWork>& edited) {
  std::map<std::string, std::vector<std::string>> refs;  // by instance
  std::vector<std::string> names;
  for (const auto& work : edited) {
    if (!refs.contains(work.instance)) {
      refs[work.instance] = rescue_refs_of(repository, work.instance);
    }
    for (const auto& ref : refs[work.instance]) names.push_back(ref + ":" + work.path);
  }
  const auto files = git_files(repository, names);
  std::vector<EditedWork> lost;
  std::size_t next = 0;
  for (const auto& work : edited) {
    const std::string wanted = work_text(work.path);
    bool found = false;
    for (std::size_t i = 0; i < refs[work.instance].size(); ++i) {
      const auto& file = files[next++];
      found = found || (file && *file == wanted);
    }
    if (!found) lost.push_back(work);
  }
  return lost;
}

}  // namespace yardmaster::loadgen
