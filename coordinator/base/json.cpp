#include "coordinator/base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

using nlohmann::json;

// Called for every value while parsing, so that what is too deep or too much is refused before it
// is built.
class Limits {
 public:
  explicit Limits(std::size_t most_values) : left_(most_values) {}

  bool operator()(int depth, json::parse_event_t event, json& /*value*/) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && std::cmp_greater_equal(depth, max_json_depth)) {
      throw Error(ErrorCode::too_deep,
                  "nested deeper than " + std::to_string(max_json_depth) + " levels");
    }
    if (opens || event == json::parse_event_t::value || event == json::parse_event_t::key) {
      if (left_-- == 0) throw Error(ErrorCode::invalid_request, "consists of too many values");
    }
    return true;
  }

 private:
  std::size_t left_;
};

Limits any_number() { return Limits(std::numeric_limits<std::size_t>::max()); }

// The parser's own text without its "[json.exception…]" prefix.
std::string reason(const json::exception& failure) {
  const std::string text = failure.what();
  const std::size_t prefix = text.find("] ");
  return prefix == std::string::npos ? text : text.substr(prefix + 2);
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

}  // namespace

json parse_json(std::string_view text, std::size_t most_values) {
  try {
    return json::parse(text, Limits(most_values));
  } catch (const json::exception& failure) {
    throw Error(ErrorCode::invalid_json, reason(failure));
  }
}

json parse_json_with_comments(std::string_view text, std::string_view file_name) {
  try {
    return json::parse(text, any_number(), true, true);
  } catch (const json::parse_error& failure) {
    const std::size_t end = std::min(failure.byte, text.size());
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    throw Error(ErrorCode::usage,
                std::string(file_name) + ":" + std::to_string(line) + ": " + reason(failure));
  } catch (const json::exception& failure) {  // a number that is too large
    throw Error(ErrorCode::usage, std::string(file_name) + ": " + reason(failure));
  } catch (const Error& failure) {
    throw Error(ErrorCode::usage, std::string(file_name) + ": " + failure.what());
  }
}

json read_json_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.is_open() || stream.bad()) {
    throw Error(ErrorCode::usage, "cannot read " + file.string());
  }
  return parse_json_with_comments(text, file.string());
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_quoted(std::string& out, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    out += to_text(json(text));
    return;
  }
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace yardmaster
