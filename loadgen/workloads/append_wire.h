// The hot path's frames: append_context requests patched into a template, and a flat reader for the
// replies that are expected. No allocation once the buffers have grown. Any thread; const.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/domain/durability.h"
#include "loadgen/plan/payload.h"

namespace yardmaster::loadgen {

inline constexpr std::string_view entry_kind = "progress";

class AppendTemplate {
 public:
  // `payload` must outlive the template.
  AppendTemplate(const Payload& payload, Durability durability);

  // Replaces `frame` with one request line, the newline included. Its id is the seq.
  void write(std::string& frame, std::string_view context, std::uint64_t instance,
             std::uint64_t seq) const;

 private:
  const Payload& payload_;
  std::string tail_;
};

// The id of a reply that reads exactly {"id":7,"success":true,"data":{"seq":7}}, more fields in
// data allowed; nullopt means: look closer.
std::optional<std::uint64_t> acknowledged_id(std::string_view line);

}  // namespace yardmaster::loadgen
