// The tools and resources that an agent gets over the Model Context Protocol: one row each, done by
// commands of the coordinator in the agent's own name. One thread; calls block.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

class McpTools {
 public:
  using Connect = std::function<Client()>;

  // `who` is the instance that speaks. `connect` is called when there is no connection, or it was
  // lost: a daemon may be restarted while an agent runs.
  McpTools(std::string who, Connect connect) : who_(std::move(who)), connect_(std::move(connect)) {}

  std::string instructions() const;
  nlohmann::json list() const;
  bool has(std::string_view tool) const;
  // Throws the coordinator's Error; invalid_request for arguments that the tool has not.
  nlohmann::json call(std::string_view tool, const nlohmann::json& arguments);

  // Must be called once what call() or read() gave is written out: the agent has the messages in
  // it.
  void confirm_shown() noexcept;

  nlohmann::json resources() const;
  nlohmann::json resource_templates() const;
  // nullopt when there is no such resource. Throws the coordinator's Error.
  std::optional<nlohmann::json> read(const std::string& uri);

 private:
  template <class Use>
  nlohmann::json with_client(bool may_repeat, Use use);

  const std::string who_;
  void note_shown(const nlohmann::json& given);

  const Connect connect_;
  std::optional<Client> client_;
  std::vector<std::uint64_t> shown_;  // messages that nobody has confirmed yet
};

}  // namespace yardmaster::cli
