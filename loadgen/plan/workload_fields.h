// The field `workloads` of a scenario: which of them run, at what rates and sizes. Main thread.
#pragma once

#include "loadgen/plan/field_reader.h"
#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

// Changes what the field names, if it is there. Throws Error{usage} with the path of what is wrong.
void read_workloads(FieldReader& fields, LoadPlan& plan);

}  // namespace yardmaster::loadgen
