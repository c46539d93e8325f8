// What tmux writes in control mode; and the same in pieces, which has to give the same events.
#include <string>
#include <variant>

#include "coordinator/instances/tmux/control_parser.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

struct Describe {
  std::string operator()(const ControlReply& reply) const {
    return "reply " + std::to_string(reply.number) + (reply.succeeded ? " ok " : " failed ") +
           (reply.asked ? "asked " : "") + reply.text() + "\n";
  }
  std::string operator()(const ControlNotification& news) const {
    return news.name + " " + news.arguments + "\n";
  }
  std::string operator()(const ControlNoise& noise) const { return "noise " + noise.line + "\n"; }
};

std::string described(const std::vector<std::string_view>& pieces) {
  ControlParser parser;
  std::string described;
  const bool read = accepted([&] {
    for (const std::string_view piece : pieces) {
      for (const ControlEvent& event : parser.feed(piece))
        described += std::visit(Describe{}, event);
    }
  });
  return described + (read ? "" : "gave up");
}

}  // namespace

void tmux(std::string_view input) {
  if (input.empty()) return;
  require(described(in_pieces(input)) == described({input.substr(1)}), "pieces read otherwise");
}

}  // namespace yardmaster::fuzz
