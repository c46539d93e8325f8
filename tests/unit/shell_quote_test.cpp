#include "coordinator/base/shell_quote.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

TEST(ShellQuoteTest, quotes_stand_only_where_they_are_needed) {
  EXPECT_EQ(shell_quote("refs/yardmaster/rescue/a/20261121T091500Z"),
            "refs/yardmaster/rescue/a/20261121T091500Z");
  EXPECT_EQ(shell_quote("two words"), "'two words'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("~"), "'~'");
  EXPECT_EQ(shell_quote("A=b"), "'A=b'");
}

TEST(ShellQuoteTest, a_real_shell_reads_back_every_character) {
  support::TemporaryDirectory directory;
  std::string word = "it's $HOME `id` \"x\"\n* \\ ";
  for (char c = 1; c < 127; ++c) word += c;
  const std::string file = (directory / "out").string();
  const std::string line = "printf %s " + shell_quote(word) + " > " + shell_quote(file);
  ASSERT_EQ(std::system(line.c_str()), 0);
  EXPECT_EQ(support::read_file(file), word);
}

TEST(ShellQuoteTest, what_is_plain_alone_is_plain_to_a_real_shell) {
  support::TemporaryDirectory directory;
  const std::string file = (directory / "out").string();
  for (char c = 1; c < 127; ++c) {
    const std::string word(1, c);
    if (shell_quote(word) != word) continue;
    const std::string line = "set -- " + word + "; printf %s \"$1\" > " + shell_quote(file);
    ASSERT_EQ(std::system(line.c_str()), 0) << word;
    EXPECT_EQ(support::read_file(file), word);
  }
}

}  // namespace
}  // namespace yardmaster
