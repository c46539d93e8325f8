#include "embedded/baseline.json.h"
#include "embedded/every-write.json.h"
#include "embedded/gate.json.h"
#include "embedded/hostile.json.h"
#include "embedded/idle.json.h"
#include "embedded/real.json.h"
#include "embedded/seed-protocol.json.h"
#include "embedded/soak.json.h"
#include "embedded/spawn-burst.json.h"
#include "embedded/stampede.json.h"
#include "embedded/thousands.json.h"
#include "loadgen/plan/scenario.h"

namespace yardmaster::loadgen {

const std::vector<BuiltInScenario>& built_in_scenarios() {
  static const std::vector<BuiltInScenario> scenarios{
      {"baseline", embedded::baseline_json},
      {"every-write", embedded::every_write_json},
      {"seed-protocol", embedded::seed_protocol_json},
      {"stampede", embedded::stampede_json},
      {"thousands", embedded::thousands_json},
      {"soak", embedded::soak_json},
      {"gate", embedded::gate_json},
      {"real", embedded::real_json},
      {"spawn-burst", embedded::spawn_burst_json},
      {"idle", embedded::idle_json},
      {"hostile", embedded::hostile_json},
  };
  return scenarios;
}

}  // namespace yardmaster::loadgen
