#include "coordinator/domain/context.h"

namespace yardmaster {

void ContextDigest::add(std::uint64_t seq, std::string_view kind, std::string_view data) {
  header_.assign(std::to_string(seq)).append("\n").append(kind).append("\n");
  header_.append(std::to_string(data.size())).append("\n");
  sha256_.add(header_);
  sha256_.add(data);
  sha256_.add("\n");
  ++count_;
}

}  // namespace yardmaster
