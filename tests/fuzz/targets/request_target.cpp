// One frame of a line session: the general parser, and the flat one of append_context beside it.
#include <string>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/arguments.h"
#include "coordinator/broker/commands/protocol.h"
#include "tests/fuzz/targets/compare_append_readers.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {

void request(std::string_view input) {
  const AppendComparison comparison = compare_append_readers(input);
  require(comparison.difference.empty(), comparison.difference);
  RequestFrame frame;
  const bool read = accepted([&] {
    parse_request(input, frame);
    require_arguments(append_arguments, frame.arguments);
  });
  // Whatever is said of it has to be a frame again.
  std::string reply;
  if (read) {
    append_success(reply, frame.id, to_text(frame.arguments));
  } else {
    append_failure(reply, frame.id, Error(ErrorCode::invalid_request, std::string(input)));
  }
  (void)parse_json(reply);
  require(reply.find('\n') == std::string::npos, "a reply of two lines");
}

}  // namespace yardmaster::fuzz
