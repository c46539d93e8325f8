// Words for people: times, sizes and texts of others made fit for one line of a terminal. Pure
// functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/clock.h"

namespace yardmaster::cli {

// "now", "42 s", "3 min", "5 h", "12 d". A time that is still to come counts as now.
std::string relative_time(WallTime then, WallTime now);
std::string duration_text(std::chrono::seconds duration);

// A time as the daemon sends it, "2026-11-21T09:15:00.000000Z"; nullopt when it is not one.
std::optional<WallTime> parse_time(std::string_view text);

// "512 B", "4.2 KiB", "12 MiB".
std::string size_text(std::uint64_t bytes);

// "1 instance", "3 instances"; `several` when it is not made with an s.
std::string counted(std::size_t count, const std::string& one, const std::string& several = "");

// Returns the text in one line and without control characters, which could do things to a terminal.
std::string one_line(std::string_view text);
// Returns a text of several lines in the same way (plain_text.h); its lines stay.
std::string plain_output(std::string_view text);

// Returns the text in lines of at most `width` columns (0: in one), broken at blanks, each with
// `indent` blanks before it and ended.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

// Whether "worker-7" stands before "worker-10": numbers in names count as numbers.
bool is_before(std::string_view one, std::string_view other);

// Columns of a terminal; text is UTF-8.
std::size_t display_width(std::string_view text);
// Returns the text cut to at most `width` columns, with … where something is missing.
std::string cut(std::string_view text, std::size_t width);

}  // namespace yardmaster::cli
