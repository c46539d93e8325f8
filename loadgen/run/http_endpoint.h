// Serves a few pages over HTTP while runs go on: the metrics to a Prometheus server, the report so
// far to a browser. On a thread of its own that is gone with the object. One request at a time,
// which is what one reader takes. CONTRIBUTING.md says why it is not prometheus-cpp's Exposer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "coordinator/base/unique_fd.h"

namespace yardmaster::loadgen {

struct ServedPage {
  std::string_view type;              // the content's
  std::function<std::string()> text;  // called on the endpoint's thread
};
using ServedPages = std::map<std::string, ServedPage, std::less<>>;  // by path

class HttpEndpoint {
 public:
  // `flag` asked for it, and is named in complaints. `address` is "127.0.0.1:9101" or "[::1]:9101";
  // port 0 takes a free one. Throws Error{usage} for anything else, for an address that is not a
  // loopback one unless `remote`, and when it cannot be listened on.
  HttpEndpoint(const std::string& flag, const std::string& address, bool remote, ServedPages pages);
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  int port() const;
  // Returns how many requests were answered.
  std::uint64_t answered() const { return answered_.load(); }

 private:
  void run() const;
  void answer(int client) const;
  std::string answer_to(std::string_view request) const;

  ServedPages pages_;
  UniqueFd listener_;
  UniqueFd stop_;
  mutable std::atomic<std::uint64_t> answered_{0};
  std::thread thread_;
};

}  // namespace yardmaster::loadgen
