#include "coordinator/cli/mcp/mcp_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr const char* modern_version = "2026-07-28";
constexpr std::array<const char*, 2> legacy_versions{"2025-11-25", "2025-06-18"};
constexpr const char* version_key = "io.modelcontextprotocol/protocolVersion";
constexpr const char* capabilities_key = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* server_key = "io.modelcontextprotocol/serverInfo";

// Of JSON-RPC, and of the protocol's own range.
constexpr int parse_failure = -32700;
constexpr int invalid_message = -32600;
constexpr int unknown_method = -32601;
constexpr int invalid_params = -32602;
constexpr int legacy_unknown_resource = -32002;
constexpr int unsupported_version = -32022;

// The lists are the same for as long as this program runs; what is read may change at any moment.
constexpr std::int64_t list_lifetime_ms = 3'600'000;

json server_info() { return {{"name", "yardmaster"}, {"version", YARDMASTER_VERSION}}; }

json capabilities() { return {{"tools", json::object()}, {"resources", json::object()}}; }

json supported_versions() {
  json versions = json::array({modern_version});
  for (const char* version : legacy_versions) versions.push_back(version);
  return versions;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_request_id(const json& id) { return id.is_string() || id.is_number_integer(); }

json response(const json& id, const char* key, json value) {
  json message{{"jsonrpc", "2.0"}, {key, std::move(value)}};
  message["id"] = id;
  return message;
}

json with_lifetime(json result, std::int64_t lifetime_ms) {
  result["ttlMs"] = lifetime_ms;
  result["cacheScope"] = "private";
  return result;
}

}  // namespace

std::optional<std::string> McpServer::answer(std::string_view message) {
  json id;  // null until a request has shown one
  const auto fail = [&id](int code, const std::string& what, const json& data = {}) {
    json error{{"code", code}, {"message", what}};
    if (!data.is_null()) error["data"] = data;
    return to_text(response(id, "error", std::move(error)));
  };
  try {
    const json request = parse_json(message);
    if (!request.is_object()) return fail(invalid_message, "a message is one JSON object");
    if (request.contains("id") && is_request_id(request["id"])) id = request["id"];
    const std::string method = text_at(request, "method");
    if (text_at(request, "jsonrpc") != "2.0" || method.empty()) {
      if (request.contains("result") || request.contains("error")) return std::nullopt;
      return fail(invalid_message, "a request has jsonrpc \"2.0\" and a method");
    }
    if (!request.contains("id")) return std::nullopt;  // a notification
    if (id.is_null()) return fail(invalid_message, "an id is a text or a whole number");
    const json params = request.value("params", json::object());
    if (!params.is_object()) return fail(invalid_params, "params is an object");
    const json meta = params.value("_meta", json::object());
    const bool modern = meta.is_object() && meta.contains(version_key);
    json result = dispatch(method, params, modern);
    if (modern) {
      result["resultType"] = "complete";
      result["_meta"][server_key] = server_info();
    }
    return to_text(response(id, "result", std::move(result)));
  } catch (const Failure& failure) {
    return fail(failure.code, failure.message, failure.data);
  } catch (const Error& error) {
    const bool is_json = error.code() != ErrorCode::invalid_json;
    return fail(is_json ? invalid_message : parse_failure, error.what());
  } catch (const std::exception& error) {
    return fail(invalid_params, error.what());
  }
}

json McpServer::dispatch(const std::string& method, const json& params, bool modern) {
  if (modern) {
    const std::string version = text_at(params["_meta"], version_key);
    if (version != modern_version) {
      throw Failure{unsupported_version,
                    "Unsupported protocol version",
                    {{"supported", supported_versions()}, {"requested", version}}};
    }
    if (!params["_meta"].contains(capabilities_key)) {
      throw Failure{invalid_params, std::string("_meta lacks ") + capabilities_key, {}};
    }
  }
  if (params.contains("cursor")) throw Failure{invalid_params, "there is no such cursor", {}};
  const auto list = [modern](json result) {
    return modern ? with_lifetime(std::move(result), list_lifetime_ms) : result;
  };
  if (method == "tools/list") return list({{"tools", tools_.list()}});
  if (method == "tools/call") return call_tool(params);
  if (method == "resources/list") return list({{"resources", tools_.resources()}});
  if (method == "resources/templates/list") {
    return list({{"resourceTemplates", tools_.resource_templates()}});
  }
  if (method == "resources/read") return read_resource(params, modern);
  if (modern && method == "server/discover") {
    return list({{"supportedVersions", supported_versions()},
                 {"capabilities", capabilities()},
                 {"instructions", tools_.instructions()}});
  }
  if (!modern && method == "initialize") return initialize(params);
  if (!modern && method == "ping") return json::object();
  throw Failure{unknown_method, "there is no method '" + method.substr(0, 64) + "'", {}};
}

// A version that is not known is answered with the latest that begins so: the client decides.
json McpServer::initialize(const json& params) {
  const std::string asked = text_at(params, "protocolVersion");
  const bool known = std::ranges::find(legacy_versions, asked) != legacy_versions.end();
  return {{"protocolVersion", known ? asked : legacy_versions.front()},
          {"capabilities", capabilities()},
          {"serverInfo", server_info()},
          {"instructions", tools_.instructions()}};
}

json McpServer::call_tool(const json& params) {
  const std::string name = text_at(params, "name");
  if (!tools_.has(name)) {
    throw Failure{invalid_params, "there is no tool '" + name.substr(0, 64) + "'", {}};
  }
  const json arguments = params.value("arguments", json::object());
  if (!arguments.is_object()) throw Failure{invalid_params, "arguments is an object", {}};
  // What the coordinator refuses is for the model to read; it is no fault of the protocol.
  try {
    const json data = tools_.call(name, arguments);
    return {{"content", json::array({{{"type", "text"}, {"text", to_text(data)}}})},
            {"structuredContent", data},
            {"isError", false}};
  } catch (const Error& error) {
    const std::string text = std::string(to_string(error.code())) + ": " + error.what();
    return {{"content", json::array({{{"type", "text"}, {"text", text}}})}, {"isError", true}};
  }
}

json McpServer::read_resource(const json& params, bool modern) {
  const std::string uri = text_at(params, "uri");
  std::optional<json> content;
  try {
    content = tools_.read(uri);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw Failure{invalid_params, error.what(), {}};
  }
  if (!content) {
    throw Failure{
        modern ? invalid_params : legacy_unknown_resource, "Resource not found", {{"uri", uri}}};
  }
  json result{{"contents", json::array({{{"uri", uri},
                                         {"mimeType", "application/json"},
                                         {"text", to_text(*content)}}})}};
  return modern ? with_lifetime(std::move(result), 0) : result;
}

}  // namespace yardmaster::cli
