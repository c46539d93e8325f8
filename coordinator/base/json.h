// JSON as this project reads and writes it. Parsing never recurses, refuses what is nested too
// deeply and what is not UTF-8; writing never throws. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace yardmaster {

inline constexpr std::size_t max_json_depth = 64;

// Throws Error{invalid_json}, Error{too_deep}, or Error{invalid_request} when it consists of more
// values than that. Of duplicate keys the last one wins.
nlohmann::json parse_json(std::string_view text,
                          std::size_t most_values = std::numeric_limits<std::size_t>::max());

// A file that people write: JSON with // and /* */ comments. Throws Error{usage} that names the
// file and the line.
nlohmann::json read_json_file(const std::filesystem::path& file);
nlohmann::json parse_json_with_comments(std::string_view text, std::string_view file_name);

// Compact; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value);

// Appends text as a JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);
void append_number(std::string& out, std::uint64_t number);

}  // namespace yardmaster
