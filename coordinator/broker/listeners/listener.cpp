#include "coordinator/broker/listeners/listener.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/paths.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

constexpr int accepts_per_turn = 64;
constexpr int backlog = 4096;

sockaddr_un address_of(const std::filesystem::path& path) {
  require_socket_path(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path[0], path.c_str(), path.native().size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

UniqueFd new_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) {
    throw Error(ErrorCode::unavailable,
                std::string("cannot make a socket: ") + std::strerror(errno));
  }
  return socket;
}

void remove_stale(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode)) {
    throw Error(ErrorCode::usage, path.string() + " is in the way: it is not a socket");
  }
  const UniqueFd probe = new_socket();
  const bool answers = ::connect(probe.get(), generic(address), sizeof(address)) == 0;
  if (answers || errno == EAGAIN) {
    throw Error(ErrorCode::conflict, "another daemon listens on " + path.string());
  }
  ::unlink(path.c_str());
}

UniqueFd listen_on(const std::filesystem::path& path, const AccessRule& rule) {
  const sockaddr_un address = address_of(path);
  remove_stale(path, address);
  UniqueFd socket = new_socket();
  // The file gets the mode of the socket, but for what the umask takes away: that is the whole
  // process's, and so left alone. The group is let in afterwards, once the file is its own.
  const bool listens =
      ::fchmod(socket.get(), rule.socket_mode()) == 0 &&
      ::bind(socket.get(), generic(address), sizeof(address)) == 0 &&
      (!rule.group || (::lchown(path.c_str(), static_cast<uid_t>(-1), *rule.group) == 0 &&
                       ::chmod(path.c_str(), rule.socket_mode()) == 0)) &&
      ::listen(socket.get(), backlog) == 0;
  if (!listens) {
    throw Error(ErrorCode::usage,
                "cannot listen on " + path.string() + ": " + std::strerror(errno));
  }
  return socket;
}

bool in_group(int socket, gid_t group, gid_t primary) {
  if (primary == group) return true;
  std::array<gid_t, 1024> groups{};
  socklen_t size = sizeof(groups);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  for (std::size_t i = 0; i < size / sizeof(gid_t); ++i) {
    if (groups[i] == group) return true;
  }
  return false;
}

}  // namespace

std::optional<FileIdentity> file_at(const std::filesystem::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

void clear_the_way(const std::filesystem::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return;
  std::filesystem::rename(path, path.native() + ".in-the-way");
}

UniqueFd spare_descriptor() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

AccessRule access_rule_for(const std::string& group) {
  if (group.empty()) return {};
  const ::group* found = ::getgrnam(group.c_str());
  if (found == nullptr) throw Error(ErrorCode::usage, "there is no group '" + group + "'");
  return {found->gr_gid};
}

std::optional<Way> way_of(int socket, const AccessRule& rule) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid == ::geteuid() || peer.uid == 0) return Way::owner;
  if (rule.group && in_group(socket, *rule.group, peer.gid)) return Way::group;
  return std::nullopt;
}

Listener::Listener(boost::asio::io_context& io, Readiness& readiness, std::filesystem::path path,
                   const AccessRule& rule, OnAccept on_accept, OnWarning on_warning,
                   UniqueFd& spare)
    : readiness_(readiness),
      path_(std::move(path)),
      rule_(rule),
      on_accept_(std::move(on_accept)),
      on_warning_(std::move(on_warning)),
      pause_(io),
      socket_(listen_on(path_, rule_)),
      file_(file_at(path_)),
      spare_(spare) {
  readiness_.add(socket_.get(), *this, EPOLLIN);
}

Listener::~Listener() {
  readiness_.remove(socket_.get(), *this);
  if (is_in_place()) ::unlink(path_.c_str());
}

bool Listener::is_in_place() const { return file_ == file_at(path_); }

void Listener::on_ready(std::uint32_t /*events*/) {
  now_running("accept");
  for (int i = 0; i < accepts_per_turn; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  UniqueFd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      refuse_one(std::strerror(errno));
    }
    return errno == ECONNABORTED || errno == EINTR;
  }
  if (const auto way = way_of(connection.get(), rule_)) on_accept_(std::move(connection), *way);
  return true;
}

void Listener::refuse_one(const std::string& why) {
  spare_.reset();
  const UniqueFd connection(
      ::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection) {
    constexpr std::string_view reply =
        "{\"success\":false,\"error\":\"too many connections\",\"code\":\"unavailable\"}\n";
    static_cast<void>(::send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL));
  }
  on_warning_("cannot take a connection: " + why);
  pause();
}

// Waiting connections stay readable: without a pause they would be tried again at once, for ever.
void Listener::pause() {
  readiness_.change(socket_.get(), *this, 0);
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](const boost::system::error_code& failure) {
    if (failure) return;
    if (!spare_) spare_ = spare_descriptor();
    readiness_.change(socket_.get(), *this, EPOLLIN);
  });
}

}  // namespace yardmaster
