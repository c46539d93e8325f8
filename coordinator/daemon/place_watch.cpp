#include "coordinator/daemon/place_watch.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"

namespace yardmaster {

namespace asio = boost::asio;

Config prepare_places(const Config& config) {
  require_socket_path(config.paths().broker_socket());
  make_private_directory(config.paths().state_dir);
  return config;
}

namespace {

[[noreturn]] void cannot_change(const std::filesystem::path& directory, const std::string& what) {
  throw Error(ErrorCode::usage,
              directory.string() + ": cannot " + what + ": " + std::strerror(errno));
}

// One that members of a group could look into, when that was the setting, and no more.
void take_back_from_group(const std::filesystem::path& directory, const AccessRule& access) {
  struct stat found {};
  const bool is_ours = ::stat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
                       found.st_uid == ::geteuid();
  const bool was_opened = is_ours && (found.st_mode & 0777U) == 0750U;
  if (!access.group && was_opened) ::chmod(directory.c_str(), access.directory_mode());
}

// One that was there before the setting has neither the group nor its mode. The group comes first,
// so that no other is let in for a moment.
void open_to_group(const std::filesystem::path& directory, const AccessRule& access,
                   const std::string& group) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) cannot_change(directory, "look at it");
  const bool has_group = found.st_gid == *access.group;
  if (!has_group && ::chown(directory.c_str(), static_cast<uid_t>(-1), *access.group) != 0) {
    cannot_change(directory, "give it to the group " + group);
  }
  if (::chmod(directory.c_str(), access.directory_mode()) != 0) {
    cannot_change(directory, "open it to the group " + group);
  }
}

}  // namespace

void make_runtime_directory(const Config& config) {
  const Paths paths = config.paths();
  const AccessRule access = access_rule_for(config.socket_group);
  take_back_from_group(paths.runtime_dir, access);
  make_private_directory(paths.runtime_dir, access.directory_mode());
  if (access.group) open_to_group(paths.runtime_dir, access, config.socket_group);
}

PlaceWatch::PlaceWatch(asio::io_context& io, StoreQueue& store, Broker& broker,
                       const Config& config, YardRecord yard, std::function<void()> restore_others,
                       OnWarning on_warning)
    : io_(io),
      store_(store),
      broker_(broker),
      config_(config),
      yard_(std::move(yard)),
      restore_others_(std::move(restore_others)),
      on_warning_(std::move(on_warning)),
      timer_(io) {}

void PlaceWatch::start() { asio::co_spawn(io_, keep_looking(), asio::detached); }

void PlaceWatch::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> PlaceWatch::keep_looking() {
  while (!stopping_) {
    timer_.expires_after(config_.sweep_interval);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!stopping_) co_await look();
  }
}

asio::awaitable<void> PlaceWatch::look() {
  try {
    restore_sockets();
  } catch (const std::exception& error) {
    on_warning_(std::string("cannot make the sockets again: ") + error.what());
  }
  const auto nothing = [](Store&) {};
  try {
    co_await store_.run(Durability::process, nothing);
  } catch (const Error&) {
    // The store has said so itself.
  }
}

void PlaceWatch::restore_sockets() {
  if (!read_runtime_mark(config_.runtime_dir)) {
    make_runtime_directory(config_);
    write_runtime_mark(yard_);
  }
  broker_.restore_listeners();
  restore_others_();
}

}  // namespace yardmaster
