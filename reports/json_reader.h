// Reads report.json back. Unknown fields are passed over and missing ones keep their defaults, so
// that reports of other versions with the same schema can be read. Pure, any thread.
#pragma once

#include <string_view>

#include "reports/report.h"

namespace yardmaster::reports {

// Throws Error{usage} with one line that names the field: not JSON, another schema, a wrong type.
Report from_json(std::string_view text);

}  // namespace yardmaster::reports
