// The Model Context Protocol on standard input and output: a message in each line.
#include <iostream>
#include <string>

#include "coordinator/base/error.h"
#include "coordinator/base/paths.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/mcp/mcp_server.h"

namespace yardmaster::cli {
namespace {

// An agent's environment names its daemon's socket; a person's settings do.
Client connect_for_agent(const Places& places) {
  if (const auto socket = process_environment("YARDMASTER_SOCKET")) return Client(*socket);
  return places.connect();
}

}  // namespace

void add_mcp_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("mcp", "Serve the yard's tools to an agent (MCP, stdio)");
  add_place_options(*verb, places);
  CLI::Option* who = add_speaker_option(*verb, "--as");
  verb->footer(
      "Tools: send, inbox, read, ack, broadcast, context_append, context_read, handoff, accept,\n"
      "complete, status. Resources: the inbox, and contexts.\n"
      "An agent's MCP configuration has:\n"
      "  {\"mcpServers\": {\"yardmaster\": {\"command\": \"yardmaster\", \"args\": [\"mcp\"]}}}\n"
      "Example: yardmaster mcp --as worker-1");
  verb->callback([&places, who] {
    McpTools tools(speaker(*who), [&places] { return connect_for_agent(places); });
    McpServer server(tools);
    std::string line;
    while (std::getline(std::cin, line)) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      const auto answer = server.answer(line);
      if (answer && std::cout << *answer << std::endl) tools.confirm_shown();
    }
  });
}

}  // namespace yardmaster::cli
