// Short texts of several kinds. The first byte chooses the reader.
#include <string>

#include "coordinator/base/duration.h"
#include "coordinator/base/postgres_secrets.h"
#include "coordinator/base/secrets.h"
#include "coordinator/instances/roles/command_words.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

void durations(std::string_view text) {
  std::chrono::nanoseconds read{};
  if (!accepted([&] { read = parse_duration(text); })) return;
  require(parse_duration(format_duration(read)) == read, "another duration");
}

void secrets(std::string_view text) {
  const std::string shown = without_secrets(text);
  require(without_secrets(shown) == shown, "more is hidden the second time");
  (void)SecretsOf(text).hidden_in(text);
  (void)without_password(std::string(text));
}

}  // namespace

void texts(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (input.front() % 3) {
    case 0:
      durations(text);
      break;
    case 1:
      secrets(text);
      break;
    default:
      (void)accepted([&] { (void)split_command(text); });
  }
}

}  // namespace yardmaster::fuzz
