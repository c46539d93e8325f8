// Small files that nobody else may read, replaced whole or not at all. Any thread; blocks on the
// disk.
#pragma once

#include <filesystem>
#include <string_view>

namespace yardmaster {

enum class Lasting { until_reboot, for_good };

// Writes FILE.tmp with the mode 0600 and renames it. Throws Error{usage} that names the file.
void replace_private_file(const std::filesystem::path& file, std::string_view text,
                          Lasting lasting);

// Writes a file that was not there, with the mode 0600. Throws Error{already_exists} when there is
// one, Error{usage} that names the file.
void write_new_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace yardmaster
