#include "coordinator/instances/tmux/quote.h"

namespace yardmaster {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7f; }

// "\ooo" between double quotes, in the middle of a word in single ones.
void append_octal(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += "'\"\\";
  for (int shift = 6; shift >= 0; shift -= 3) {
    out += static_cast<char>('0' + ((byte >> shift) & 7));
  }
  out += "\"'";
}

std::string doubled(std::string_view text, std::string_view which) {
  std::string out;
  for (const char c : text) {
    if (which.find(c) != std::string_view::npos) out += c;
    out += c;
  }
  return out;
}

}  // namespace

std::string tmux_quote(std::string_view word) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else if (is_plain(c)) {
      out += c;
    } else {
      append_octal(out, c);
    }
  }
  return out + "'";
}

std::string tmux_command(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += tmux_quote(word);
  }
  return out;
}

std::string escape_tmux_format(std::string_view text) { return doubled(text, "#"); }

std::string escape_tmux_time_format(std::string_view text) { return doubled(text, "#%"); }

}  // namespace yardmaster
