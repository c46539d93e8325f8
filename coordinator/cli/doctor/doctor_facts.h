// Looks at the machine for doctor.h's questions. Blocking, any thread; what cannot be found out
// counts as not being there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "coordinator/base/surroundings.h"
#include "coordinator/cli/doctor/doctor.h"

namespace yardmaster::cli {

// For a directory that does not exist, file system and space are those of the place where it will
// be.
DirectoryFacts read_directory(const std::string& name, const std::filesystem::path& path,
                              unsigned allowed_mode);

// Access lists (ACLs) are taken to let the group through.
GroupFacts read_group_access(const Config& config);

// `root` is "/" but in tests.
LogoutFacts read_logout(const std::filesystem::path& root, const std::string& user,
                        const std::filesystem::path& runtime_dir);
std::string user_name();

// Returns how many files the daemon may have open: the running one, else one that would be started
// from here.
std::uint64_t open_files_limit(const std::optional<pid_t>& daemon);

// Returns what agents have around them: that of the running daemon, else of one that would be
// started from here.
Surroundings agents_surroundings(const Config& config, const std::optional<pid_t>& daemon);

}  // namespace yardmaster::cli
