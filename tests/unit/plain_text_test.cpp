// Whatever an agent prints or a message holds, nothing of it reaches the terminal but text.
#include "coordinator/cli/output/plain_text.h"

#include <gtest/gtest.h>

#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

bool is_harmless(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint point = first_code_point(rest);
    const char32_t c = point.value;
    if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0)) return false;
    rest.remove_prefix(point.length);
  }
  return true;
}

TEST(PlainText, has_no_control_sequences_left) {
  const std::string clipboard = "a\x1b]52;c;ZXZpbA==\x07z";
  EXPECT_EQ(plain_output(clipboard), "az");
  EXPECT_EQ(plain_output("a\x1b]52;c;ZXZpbA==\x1b\\z"), "az");
  EXPECT_EQ(plain_output("a\xc2\x9d"
                         "52;c;ZXZpbA==\xc2\x9cz"),
            "az")
      << "C1 in UTF-8";
  EXPECT_EQ(plain_output("a\x9b"
                         "31mz"),
            "a\xef\xbf\xbd"
            "31mz")
      << "C1 as a byte is no UTF-8";
  EXPECT_EQ(plain_output("a\xc2\x9b"
                         "31mz"),
            "az");
  EXPECT_EQ(plain_output("a\x1bP+q544e\x1b\\z\x1b_x\x1b\\z\x1b^x\x1b\\z\x1bXx\x1b\\z"), "azzzz");
  EXPECT_EQ(plain_output("a\x1b[2J\x1b[1;31mz\x1b(B\x1b"
                         "7\x1b"
                         "c\b\x7f\x05"),
            "az");
  EXPECT_EQ(plain_output("a\x1b\x1b[31m\x1b[3\x1b[1mz"), "az");
  // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tested
  EXPECT_EQ(plain_output("\xe2\x80\xae"
                         "cod.exe"),
            "cod.exe");
  EXPECT_EQ(plain_output("日本語 é\tx"), "日本語 é\tx");
}

TEST(PlainText, a_sequence_that_never_ends_hides_no_other_line) {
  EXPECT_EQ(plain_output("a\x1b]0;title\nnext\n\x1b[12\nlast\x1b"), "a\nnext\n\nlast");
}

TEST(PlainText, progress_becomes_lines) {
  EXPECT_EQ(plain_output("1%\r2%\r\ndone\r"), "1%\n2%\ndone\n");
}

TEST(PlainText, is_the_same_in_any_pieces) {
  const std::string text =
      "a\x1b]52;c;ZXZpbA==\x1b\\é\xc2\x9b"
      "31m日\r\n\xf0\x9f\x98\x80\x1b[1mz\xe6\x97\r-\x1b";
  const std::string whole = plain_output(text);
  EXPECT_TRUE(is_harmless(whole));
  for (std::size_t size = 1; size < 5; ++size) {
    PlainText plain;
    std::string shown;
    for (std::size_t at = 0; at < text.size(); at += size)
      shown += plain.take(text.substr(at, size));
    EXPECT_EQ(shown + plain.end(), whole) << size;
  }
}

TEST(PlainText, of_any_bytes_is_harmless) {
  std::string text;
  unsigned value = 1;
  for (int i = 0; i < 200'000; ++i) {
    value = value * 1664525U + 1013904223U;
    const unsigned kind = value >> 29U;
    if (kind == 0) text += '\x1b';
    if (kind == 1) text += "\xc2";
    text += static_cast<char>(value >> 16U);
  }
  EXPECT_TRUE(is_harmless(plain_output(text)));
  EXPECT_TRUE(is_harmless(one_line(text)));
  EXPECT_EQ(one_line(text).find('\n'), std::string::npos);
}

TEST(PlainText, json_keeps_its_value_and_loses_its_controls) {
  EXPECT_EQ(terminal_safe_json("{\"a\": \"x\xc2\x9b\x7f\xe2\x80\xae é\"\n}"),
            "{\"a\": \"x\\u009b\\u007f\\u202e é\"\n}");
}

}  // namespace
}  // namespace yardmaster::cli
