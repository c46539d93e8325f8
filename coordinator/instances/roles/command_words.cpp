#include "coordinator/instances/roles/command_words.h"

#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

bool is_one_of(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<std::string> run() {
    while (at_ < text_.size()) step(text_[at_++]);
    end_word();
    return std::move(words_);
  }

 private:
  void step(char c) {
    if (is_one_of(" \t\r\n", c)) return end_word();
    if (is_one_of("|&;<>", c)) {
      refuse("has an unquoted '" + std::string(1, c) +
             "', and no shell runs it: quote it, or write sh -c '…'");
    }
    if (c == '\\') return escaped();
    in_word_ = true;
    if (c == '\'') {
      single_quoted();
    } else if (c == '"') {
      double_quoted();
    } else {
      word_.push_back(c);
    }
  }

  void escaped() {
    if (at_ == text_.size()) refuse("ends with a backslash");
    const char c = text_[at_++];
    if (c == '\n') return;  // continues the line
    in_word_ = true;
    word_.push_back(c);
  }

  void single_quoted() {
    const std::size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) refuse("has an open ' quote");
    word_.append(text_.substr(at_, end - at_));
    at_ = end + 1;
  }

  void double_quoted() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return;
      if (c != '\\' || at_ == text_.size() || !is_one_of("\"\\$`\n", text_[at_])) {
        word_.push_back(c);
        continue;
      }
      const char next = text_[at_++];
      if (next != '\n') word_.push_back(next);
    }
    refuse("has an open \" quote");
  }

  void end_word() {
    if (in_word_) words_.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::invalid_request,
                "the command '" + std::string(text_.substr(0, 200)) + "' " + why);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_command(std::string_view command) { return Splitter(command).run(); }

}  // namespace yardmaster
