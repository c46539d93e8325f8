// A listening Unix socket in the file system, never open to more than its final mode, and the
// accepting of connections whose peer may use it. Unlinks its socket when it goes. Broker thread
// only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/unique_fd.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/sessions/readiness.h"

namespace yardmaster {

// An access rule admits the daemon's own user and root, and with a group its members, of whom an
// access token is asked.
struct AccessRule {
  std::optional<gid_t> group;

  unsigned directory_mode() const { return group ? 0750 : 0700; }
  unsigned socket_mode() const { return group ? 0660 : 0600; }
};

// Throws Error{usage} when there is no such group; empty: no group.
AccessRule access_rule_for(const std::string& group);
// The way on which the peer of a Unix socket comes; nullopt: it may not.
std::optional<Way> way_of(int socket, const AccessRule& rule);

// Which file has a name.
struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;

  bool operator==(const FileIdentity&) const = default;
};
// nullopt when there is none.
std::optional<FileIdentity> file_at(const std::filesystem::path& path);
// Moves what is no socket aside, to "<path>.in-the-way".
void clear_the_way(const std::filesystem::path& path);

// A descriptor to give up for a moment when they run out, so that a caller can be told instead of
// left.
UniqueFd spare_descriptor();

class Listener final : private ReadinessHandler {
 public:
  using OnAccept = std::function<void(UniqueFd socket, Way way)>;
  // Called when a connection cannot be taken, at most once per pause.
  using OnWarning = std::function<void(const std::string& what)>;

  // Replaces a socket file that nobody listens on. Throws Error{conflict} when somebody does,
  // Error{usage} when the path cannot be used. Listeners share `spare`, which has to outlive them.
  Listener(boost::asio::io_context& io, Readiness& readiness, std::filesystem::path path,
           const AccessRule& rule, OnAccept on_accept, OnWarning on_warning, UniqueFd& spare);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Whether its file is there and the one that it made.
  bool is_in_place() const;

 private:
  void on_ready(std::uint32_t events) override;
  bool accept_one();
  void refuse_one(const std::string& why);
  void pause();

  Readiness& readiness_;
  std::filesystem::path path_;
  AccessRule rule_;
  OnAccept on_accept_;
  OnWarning on_warning_;
  boost::asio::steady_timer pause_;
  UniqueFd socket_;
  std::optional<FileIdentity> file_;
  UniqueFd& spare_;
};

}  // namespace yardmaster
