#include "coordinator/broker/commands/append_frame.h"

#include <algorithm>
#include <cstring>

#include "coordinator/broker/commands/arguments.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t highs = 0x8080808080808080U;

// Non-zero when one of eight bytes is zero.
constexpr std::uint64_t has_zero(std::uint64_t word) { return (word - ones) & ~word & highs; }

// Non-zero when one of eight bytes ends a plain string: a quote, a backslash, a control character
// or anything that is not ASCII.
constexpr std::uint64_t ends_plain_run(std::uint64_t word) {
  const std::uint64_t control = (word - ones * 0x20) & ~word & highs;
  return control | (word & highs) | has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\'));
}

bool ends_plain_run(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x80 || c == '"' || c == '\\';
}

class FlatReader {
 public:
  explicit FlatReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // Each of these takes what it names or gives false.
  bool consume(char wanted) {
    skip_space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool read_string(std::string_view& value) {
    if (!consume('"')) return false;
    const char* const begin = at_;
    while (end_ - at_ >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at_, 8);
      if (ends_plain_run(word) != 0) break;
      at_ += 8;
    }
    while (at_ != end_ && !ends_plain_run(*at_)) ++at_;
    if (at_ == end_ || *at_ != '"') return false;
    value = {begin, static_cast<std::size_t>(at_ - begin)};
    ++at_;
    return true;
  }

  // This takes at most 18 digits, so that the number fits, and no leading zeros, which JSON
  // forbids.
  bool read_integer(std::uint64_t& value) {
    skip_space();
    const char* const begin = at_;
    value = 0;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < 18) {
      value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
      ++at_;
    }
    if (at_ == begin || (*begin == '0' && at_ - begin > 1)) return false;
    return at_ != end_ && (*at_ == ',' || *at_ == '}' || is_space(*at_));
  }

  // An integer or a string, as it stands in the text.
  bool read_id(std::string_view& value) {
    skip_space();
    if (at_ == end_) return false;
    const char* const begin = at_;
    std::uint64_t number = 0;
    std::string_view content;
    if (*at_ == '"' ? !read_string(content) : !read_integer(number)) return false;
    value = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
  }

  // ["kind","data"]
  bool read_entry(std::string_view& kind, std::string_view& data) {
    return consume('[') && read_string(kind) && consume(',') && read_string(data) && consume(']');
  }

  // A list of entries, whose text goes into `list` without the brackets around it.
  bool read_entries(std::string_view& list) {
    if (!consume('[')) return false;
    const char* const begin = at_;
    std::size_t count = 0;
    std::string_view kind;
    std::string_view data;
    do {
      if (++count > most_entries_at_once || !read_entry(kind, data) || !is_valid_kind(kind)) {
        return false;
      }
    } while (consume(','));
    list = {begin, static_cast<std::size_t>(at_ - begin)};
    return consume(']');
  }

  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  bool at_end() {
    skip_space();
    return at_ == end_;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }

  const char* at_;
  const char* end_;
};

// One bit per key, to find repeated and missing ones.
namespace key {
constexpr unsigned none = 0;
constexpr unsigned context = 1;
constexpr unsigned seq = 2;
constexpr unsigned kind = 4;
constexpr unsigned data = 8;
constexpr unsigned instance = 16;
constexpr unsigned generation = 32;
constexpr unsigned durability = 64;
constexpr unsigned entries = 128;
}  // namespace key

bool read_durability(FlatReader& reader, Durability& value) {
  std::string_view text;
  if (!reader.read_string(text)) return false;
  value = text == "power" ? Durability::power : Durability::process;
  return text == "power" || text == "process";
}

bool read_generation(FlatReader& reader, AppendFrame& frame) {
  std::uint64_t number = 0;
  if (!reader.read_integer(number)) return false;
  frame.generation = number;
  return true;
}

// Takes the value of one argument; gives its bit, or 0 when it is not a plain one.
unsigned read_argument(FlatReader& reader, std::string_view name, AppendFrame& frame) {
  if (name == "seq") return reader.read_integer(frame.seq) ? key::seq : key::none;
  if (name == "data") return reader.read_string(frame.data) ? key::data : key::none;
  if (name == "kind") return reader.read_string(frame.kind) ? key::kind : key::none;
  if (name == "entries") return reader.read_entries(frame.entries) ? key::entries : key::none;
  if (name == "context") return reader.read_string(frame.context) ? key::context : key::none;
  if (name == "generation") return read_generation(reader, frame) ? key::generation : key::none;
  if (name == "durability")
    return read_durability(reader, frame.durability) ? key::durability : key::none;
  if (name == "instance_id") return reader.read_string(frame.instance) ? key::instance : key::none;
  return 0;
}

bool read_arguments(FlatReader& reader, AppendFrame& frame) {
  if (!reader.consume('{')) return false;
  unsigned seen = 0;
  do {
    std::string_view name;
    if (!reader.read_string(name) || !reader.consume(':')) return false;
    const unsigned taken = read_argument(reader, name, frame);
    if (taken == key::none || (seen & taken) != 0) return false;
    seen |= taken;
  } while (reader.consume(','));
  constexpr unsigned common = key::context | key::seq;
  constexpr unsigned own = key::kind | key::data;
  const unsigned wanted = (seen & key::entries) != 0 ? key::entries : own;
  return reader.consume('}') && (seen & common) == common &&
         (seen & (own | key::entries)) == wanted &&
         ((seen & key::instance) == 0 || is_valid_name(frame.instance));
}

// One member of the request; `seen` has a bit for each of id, command and args.
bool read_member(FlatReader& reader, AppendFrame& frame, std::string_view& command,
                 unsigned& seen) {
  std::string_view name;
  if (!reader.read_string(name) || !reader.consume(':')) return false;
  if (name == "id") return (seen & 1U) == 0 && reader.read_id(frame.id) && (seen |= 1U) != 0;
  if (name == "args") return (seen & 4U) == 0 && read_arguments(reader, frame) && (seen |= 4U) != 0;
  if (name != "command" || (seen & 2U) != 0 || !reader.read_string(command)) return false;
  seen |= 2U;
  return command == "append_context" || command == "append_entries";
}

}  // namespace

bool is_valid_kind(std::string_view kind) {
  return !kind.empty() && kind.size() <= 64 && std::none_of(kind.begin(), kind.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool take_entry(std::string_view& entries, std::string_view& kind, std::string_view& data) {
  FlatReader reader(entries);
  reader.consume(',');
  if (!reader.read_entry(kind, data)) return false;
  entries = reader.rest();
  return true;
}

bool read_append_frame(std::string_view text, AppendFrame& frame) {
  FlatReader reader(text);
  if (!reader.consume('{')) return false;
  std::string_view command;
  unsigned seen = 0;
  do {
    if (!read_member(reader, frame, command, seen)) return false;
  } while (reader.consume(','));
  return reader.consume('}') && reader.at_end() && (seen & 6U) == 6U && frame.seq >= 1 &&
         is_valid_name(frame.context) && frame.has_several() == (command == "append_entries") &&
         (frame.has_several() || is_valid_kind(frame.kind));
}

}  // namespace yardmaster
