// Pushes metrics to a Prometheus Pushgateway, for runs that are over before anybody scrapes them.
// Any thread; blocks for a few seconds at most.
#pragma once

#include <string>

namespace yardmaster::loadgen {

// The address in "http://HOST[:PORT][/PATH]". Throws Error{usage} for any other URL.
struct PushAddress {
  std::string host;
  std::string port;
  std::string path;  // of the metrics of the job "loadgen"
};
PushAddress push_address(const std::string& url);

// Replaces what was pushed before. Throws Error{unavailable} that says why it could not.
void push_metrics(const std::string& url, const std::string& exposition);

}  // namespace yardmaster::loadgen
