// What an nginx before the yard needs.
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/doctor/doctor.h"
#include "coordinator/cli/doctor/doctor_facts.h"
#include "coordinator/cli/nginx_config.h"
#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

unsigned port_of(const CLI::Option& option) {
  if (option.count() == 0) return default_proxy_port;
  const std::uint64_t port = whole_number("--port", option.as<std::string>());
  if (port >= 1 && port <= 65535) return static_cast<unsigned>(port);
  throw Error(ErrorCode::usage, "--port: a port is 1 to 65535");
}

// What the configuration alone cannot make good.
void warn_of_closed_sockets(const Config& config) {
  if (config.socket_group.empty()) {
    std::cerr << "yardmaster: nginx has to run as you, or in a group that the setting socket_group "
                 "names: it cannot reach the sockets else (502)\n";
    return;
  }
  const Finding finding = check_group_access(read_group_access(config));
  if (finding.health == Health::ok) return;
  std::cerr << "yardmaster: " << one_line(finding.what) << "; " << one_line(finding.remedy) << "\n";
}

}  // namespace

void add_proxy_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("nginx-config", "Print the configuration of an nginx");
  add_place_options(*verb, places);
  CLI::Option* port = verb->add_option("--port", "Of 127.0.0.1, where nginx listens [8090]");
  port->type_name("PORT");
  verb->footer(
      "It has /broker/ (/broker/command, /broker/ws …), /instance/NAME/ and /metrics; instances\n"
      "that come later need no reload. Who asks needs an access token (yardmaster token create).\n"
      "nginx reaches the sockets when the setting socket_group names its group.\n"
      "Example: yardmaster nginx-config > /etc/nginx/conf.d/yardmaster.conf");
  verb->callback([&places, port] {
    const Config config = places.load().config;
    std::cout << nginx_config(config, port_of(*port));
    warn_of_closed_sockets(config);
  });
}

}  // namespace yardmaster::cli
