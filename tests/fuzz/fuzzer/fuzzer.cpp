// What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html): the target is the one that
// YARDMASTER_FUZZ_TARGET names. See ci/fuzz.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/fuzz/targets/fuzz_targets.h"

namespace {

const yardmaster::fuzz::Target& chosen() {
  const char* const name = std::getenv("YARDMASTER_FUZZ_TARGET");
  for (const auto& target : yardmaster::fuzz::targets()) {
    if (name != nullptr && target.name == name) return target;
  }
  std::cerr << "YARDMASTER_FUZZ_TARGET has to be one of:";
  for (const auto& target : yardmaster::fuzz::targets()) std::cerr << ' ' << target.name;
  std::cerr << '\n';
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const yardmaster::fuzz::Target target = chosen();
  target.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
