// Scenarios of the load generator, as people write them.
#include "loadgen/plan/scenario.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {

void scenario(std::string_view input) {
  (void)accepted([&] {
    const auto read = loadgen::read_scenario(input, "input", loadgen::Overrides::object());
    require(!read.runs.empty(), "a scenario without runs");
  });
}

}  // namespace yardmaster::fuzz
