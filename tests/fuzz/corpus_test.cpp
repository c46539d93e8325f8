// Every input that a fuzzer found worth keeping, and every one that once broke something, is read
// again: corpus/<target>/, one file each. ci/fuzz looks for more.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

std::vector<std::filesystem::path> corpus_of(std::string_view target) {
  std::vector<std::filesystem::path> files;
  const auto directory = std::filesystem::path(YARDMASTER_FUZZ_CORPUS) / target;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, what_others_wrote_is_read_or_refused) {
  const std::vector<std::filesystem::path> files = corpus_of(GetParam().name);
  EXPECT_FALSE(files.empty());
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    EXPECT_NO_THROW(GetParam().run(content_of(file)));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace yardmaster::fuzz
