// Reads a text that a person wrote, whatever stands in its place. Blocking: not for the broker
// thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace yardmaster {

// nullopt when there is no such file. Throws invalid_request when it is not a regular file, is
// larger than `most` bytes or cannot be read. Never waits, not even for a FIFO.
std::optional<std::string> read_text_file(const std::filesystem::path& file, std::size_t most);

}  // namespace yardmaster
