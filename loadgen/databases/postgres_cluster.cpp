#include "loadgen/databases/postgres_cluster.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <thread>
#include <utility>

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/databases/fsync_preload.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds start_deadline{60};
constexpr std::chrono::milliseconds interrupt_check_interval{10};

std::optional<Account> unprivileged_account() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* const user = ::getpwnam("postgres");
  if (user == nullptr) {
    throw Error(ErrorCode::unsupported,
                "PostgreSQL does not run as root, and there is no user 'postgres': install the "
                "package postgresql, or run this as another user");
  }
  return Account{user->pw_uid, user->pw_gid};
}

void give_to(const std::optional<Account>& account, const std::filesystem::path& directory) {
  if (account && ::chown(directory.c_str(), account->user, account->group) != 0) {
    throw Error(ErrorCode::unavailable, "cannot give '" + directory.string() + "' to PostgreSQL");
  }
}

int version_of(const std::filesystem::path& directory) {
  const std::string name = directory.filename();
  int version = 0;
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

}  // namespace

std::filesystem::path postgres_programs() {
  std::vector<std::filesystem::path> versions;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const auto server = entry.path() / "bin" / "postgres";
    const auto initdb = entry.path() / "bin" / "initdb";
    if (::access(server.c_str(), X_OK) == 0 && ::access(initdb.c_str(), X_OK) == 0) {
      versions.push_back(entry.path());
    }
  }
  if (versions.empty()) {
    throw Error(ErrorCode::unsupported,
                "PostgreSQL's server is not installed: install the package postgresql, or name a "
                "running server with --postgres");
  }
  const auto older = [](const auto& a, const auto& b) { return version_of(a) < version_of(b); };
  return *std::max_element(versions.begin(), versions.end(), older) / "bin";
}

PostgresCluster::PostgresCluster(const PostgresClusterOptions& options,
                                 const std::function<void()>& interrupted)
    : options_(options),
      account_(unprivileged_account()),
      programs_(postgres_programs()),
      directory_(options.base.empty() ? place_on_a_disk() : options.base),
      sockets_("/tmp") {
  if (options.keep) directory_.keep();
  give_to(account_, directory_.path());
  give_to(account_, sockets_.path());
  initialise(interrupted);
  start(interrupted);
}

std::string PostgresCluster::connection_string() const {
  return "host=" + sockets_.path().string() + " dbname=postgres user=postgres";
}

OwnedProgram::Options PostgresCluster::program(const std::string& name) const {
  OwnedProgram::Options options;
  options.dropped_prefixes = {"PG"};
  options.output = directory_.path() / (name + ".log");
  options.account = account_;
  options.end_signal = SIGQUIT;  // at once: nothing of it is needed again
  return options;
}

// A data directory is made once in a process, which takes seconds of a processor, and copied for
// each cluster.
void PostgresCluster::initialise(const std::function<void()>& interrupted) {
  static std::unique_ptr<const FreshDirectory> pattern;
  if (!pattern) {
    auto made = std::make_unique<const FreshDirectory>(place_on_a_disk());
    give_to(account_, made->path());
    run("initdb",
        {programs_ / "initdb", "-D", made->path() / "data", "--no-sync", "--auth=trust",
         "--username=postgres", "--encoding=UTF8", "--locale=C"},
        interrupted);
    pattern = std::move(made);
  }
  run("cp", {"/bin/cp", "-a", pattern->path() / "data", data_directory()}, interrupted);
}

void PostgresCluster::run(const std::string& name, std::vector<std::string> arguments,
                          const std::function<void()>& interrupted) const {
  auto options = program(name);
  options.arguments = std::move(arguments);
  OwnedProgram running(options);
  while (!running.has_ended(interrupt_check_interval)) interrupted();
  if (running.wait() == 0) return;
  throw Error(ErrorCode::unavailable,
              "the throw-away PostgreSQL could not be made: " + running.last_words());
}

void PostgresCluster::start(const std::function<void()>& interrupted) {
  auto options = program("postgres");
  options.arguments = {programs_ / "postgres", "-D", data_directory()};
  for (const std::string& setting :
       {std::string("listen_addresses="), "unix_socket_directories=" + sockets_.path().string(),
        std::string("unix_socket_permissions=0700"),
        "max_connections=" + std::to_string(options_.connections)}) {
    options.arguments.emplace_back("-c");
    options.arguments.push_back(setting);
  }
  options.environment = delay_environment();
  server_ = std::make_unique<OwnedProgram>(options);
  const auto deadline = std::chrono::steady_clock::now() + start_deadline;
  while (PQping(connection_string().c_str()) != PQPING_OK) {
    interrupted();
    if (server_->has_ended(interrupt_check_interval)) {
      throw Error(ErrorCode::unavailable,
                  "the throw-away PostgreSQL did not start: " + server_->last_words());
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(ErrorCode::timed_out, "the throw-away PostgreSQL does not answer after 60 s");
    }
  }
}

// The server's user may not read the library where it is: a copy is put beside the data.
std::vector<std::string> PostgresCluster::delay_environment() const {
  if (options_.fsync_latency.none()) return {};
  const auto original = fsync_delay_library();
  const auto copy = directory_.path() / original.filename();
  std::filesystem::copy_file(original, copy, std::filesystem::copy_options::overwrite_existing);
  return fsync_delay_environment(options_.fsync_latency, options_.seed, "postgres", copy);
}

void PostgresCluster::stop() {
  server_->signal(SIGINT);
  server_->wait();
}

void PostgresCluster::crash() { server_->stop(); }

std::string PostgresCluster::why_it_ended() const {
  if (!server_->has_ended(std::chrono::milliseconds(0))) return {};
  return "the throw-away PostgreSQL ended in the middle of the run: " + server_->last_words();
}

}  // namespace yardmaster::loadgen
