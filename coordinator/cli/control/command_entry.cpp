#include "coordinator/cli/control/command_entry.h"

#include <utility>

namespace yardmaster::cli {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_remembered = 200;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80; }

std::string common_beginning(const std::vector<std::string>& lines) {
  std::string common = lines.front();
  for (const std::string& line : lines) {
    std::size_t same = 0;
    while (same < common.size() && same < line.size() && common[same] == line[same]) ++same;
    common.resize(same);
  }
  return common;
}

}  // namespace

void CommandEntry::open(const std::string& text) {
  open_ = true;
  text_ = text;
  at_ = history_.size();
}

void CommandEntry::close() {
  open_ = false;
  text_.clear();
}

void CommandEntry::add(char byte) {
  const bool is_control = static_cast<unsigned char>(byte) < 0x20 || byte == '\x7f';
  if (!is_control && text_.size() < longest_line) text_.push_back(byte);
}

void CommandEntry::erase_last() {
  if (text_.empty()) return close();
  while (text_.size() > 1 && is_continuation(text_.back())) text_.pop_back();
  text_.pop_back();
}

void CommandEntry::earlier() {
  if (at_ == 0) return;
  text_ = history_[--at_];
}

void CommandEntry::later() {
  if (at_ == history_.size()) return;
  ++at_;
  text_ = at_ == history_.size() ? "/" : history_[at_];
}

std::vector<std::string> CommandEntry::complete(const Completable& known) {
  std::vector<std::string> found = completions_of(text_, known);
  if (found.empty()) return {};
  text_ = common_beginning(found);
  if (found.size() == 1) return {};
  return found;
}

std::string CommandEntry::take() {
  std::string line = text_;
  if (history_.empty() || history_.back() != line) history_.push_back(line);
  if (history_.size() > most_remembered) history_.erase(history_.begin());
  close();
  return line;
}

}  // namespace yardmaster::cli
