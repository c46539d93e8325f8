// A server of the Model Context Protocol, as far as it is the same for all transports: one JSON-RPC
// message in, at most one out. Revision 2026-07-28, where each request says its version in `_meta`
// and nothing is remembered, and 2025-11-25 and 2025-06-18, which begin with `initialize`.
// (https://modelcontextprotocol.io/specification) One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "coordinator/cli/mcp/mcp_tools.h"

namespace yardmaster::cli {

class McpServer {
 public:
  // The tools have to outlive this.
  explicit McpServer(McpTools& tools) : tools_(tools) {}

  // Answers a message; nullopt for what gets no answer. Never throws.
  std::optional<std::string> answer(std::string_view message);

 private:
  // What is wrong with a request, as JSON-RPC says it.
  struct Failure {
    int code = 0;
    std::string message;
    nlohmann::json data;
  };

  nlohmann::json dispatch(const std::string& method, const nlohmann::json& params, bool modern);
  nlohmann::json initialize(const nlohmann::json& params);
  nlohmann::json call_tool(const nlohmann::json& params);
  nlohmann::json read_resource(const nlohmann::json& params, bool modern);

  McpTools& tools_;
};

}  // namespace yardmaster::cli
