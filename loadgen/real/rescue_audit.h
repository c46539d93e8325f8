// Looks for the work that instances had not committed when they ended: it has to be in one of their
// rescue refs, whole. Blocks; any thread. Throws Error when git fails.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/real/real_context.h"

namespace yardmaster::loadgen {

// Returns the refs of an instance, or of all when the name is empty.
std::vector<std::string> rescue_refs_of(const std::filesystem::path& repository,
                                        const std::string& instance);
// The files at "COMMIT:PATH", in the order in which they are asked for.
std::vector<std::optional<std::string>> git_files(const std::filesystem::path& repository,
                                                  const std::vector<std::string>& names);
// Returns the contents of the files as `git cat-file --batch` writes them.
std::vector<std::optional<std::string>> files_in(std::string_view batch);

// Returns those of these works that cannot be found.
std::vector<EditedWork> find_lost(const std::filesystem::path& repository,
                                  const std::vector<EditedWork>& edited);

}  // namespace yardmaster::loadgen
