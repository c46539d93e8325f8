#include "tests/support/prometheus_server.h"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/unique_fd.h"
#include "tests/support/system_error.h"

namespace yardmaster::support {
namespace {

std::string configuration(const std::map<std::string, int>& ports) {
  std::string text =
      "global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\nscrape_configs:\n";
  for (const auto& [job, port] : ports) {
    text += "  - job_name: " + job +
            "\n    static_configs:\n      - targets: ['127.0.0.1:" + std::to_string(port) + "']\n";
  }
  return text;
}

}  // namespace

int free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets interface
  if (::bind(socket.get(), any, length) != 0 || ::getsockname(socket.get(), any, &length) != 0) {
    throw_system_error("bind");
  }
  return ntohs(address.sin_port);
}

PrometheusServer::PrometheusServer(const std::map<std::string, int>& ports) : port_(free_port()) {
  write_file(directory_ / "prometheus.yml", configuration(ports));
  server_.emplace(ChildOptions{
      .argv = {"prometheus", "--config.file=" + (directory_ / "prometheus.yml").string(),
               "--storage.tsdb.path=" + (directory_ / "data").string(),
               "--web.listen-address=127.0.0.1:" + std::to_string(port_)}});
  const auto is_ready = [this] {
    const auto url = "http://127.0.0.1:" + std::to_string(port_) + "/-/ready";
    return run({.argv = {"curl", "-s", "-f", "-o", "/dev/null", url}}).status == 0;
  };
  if (!eventually(is_ready)) {
    throw std::runtime_error("prometheus does not get ready: " + server_->errors());
  }
}

std::vector<PrometheusValue> PrometheusServer::query(const std::string& expression,
                                                     std::optional<double> at) const {
  std::vector<std::string> argv{"curl", "-s", "--data-urlencode", "query=" + expression};
  if (at) {
    argv.insert(argv.end(), {"--data-urlencode", "time=" + std::to_string(*at)});
  }
  argv.push_back("http://127.0.0.1:" + std::to_string(port_) + "/api/v1/query");
  const auto answer = nlohmann::json::parse(run({.argv = argv}).output);
  if (answer.at("status") != "success") throw std::runtime_error(answer.at("error"));
  std::vector<PrometheusValue> values;
  for (const auto& one : answer.at("data").at("result")) {
    values.push_back({.labels = one.at("metric").get<std::map<std::string, std::string>>(),
                      .value = std::stod(one.at("value").at(1).get<std::string>())});
  }
  return values;
}

}  // namespace yardmaster::support
