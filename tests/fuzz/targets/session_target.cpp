// A connection as the daemon serves it: the first byte decides between lines and HTTP, and with the
// right head it becomes a WebSocket. Commands that do nothing stand for the real ones, since those
// would be carried out. However the peer ends, the session has to.
#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "coordinator/base/unique_fd.h"
#include "coordinator/broker/broker.h"
#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/event_hub.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/store/sqlite_database.h"
#include "loadgen/databases/fresh_directory.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

namespace asio = boost::asio;

class NoObserver final : public CommitObserver {
  void on_commit(std::chrono::nanoseconds /*duration*/, std::size_t /*operations*/,
                 Durability /*durability*/, bool /*in_checkpoint*/) override {}
  void on_checkpoint(const CheckpointResult& /*result*/) override {}
  void on_storage_error(const Error& /*error*/) override {}
};

std::vector<Command> commands() {
  const Handler echo = [](const Request& request) -> asio::awaitable<std::string> {
    co_return request.arguments().dump();
  };
  return {{"ping", {}, echo},
          {"append_context", append_arguments, nullptr},
          {"append_entries", append_entries_arguments, nullptr}};
}

class Rig {
 public:
  Rig() { broker_.open(path_, ""); }

  void converse(const std::vector<std::string_view>& pieces) {
    const UniqueFd peer = connect();
    io_.restart();
    for (const std::string_view piece : pieces) {
      (void)::send(peer.get(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      turn(peer);
    }
    ::shutdown(peer.get(), SHUT_WR);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    do {
      turn(peer);
      if (broker_.has_sessions()) io_.run_one_for(std::chrono::milliseconds(1));
      require(std::chrono::steady_clock::now() < deadline, "the session does not end");
    } while (broker_.has_sessions());
  }

 private:
  UniqueFd connect() const {
    UniqueFd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const int outcome =
        ::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    require(outcome == 0, "cannot connect");
    return peer;
  }

  // The broker does what there is to do, and the peer reads.
  void turn(const UniqueFd& peer) {
    io_.poll();
    broker_.flush();
    std::array<char, 65536> buffer;
    while (::recv(peer.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
  }

  loadgen::FreshDirectory place_{std::filesystem::temp_directory_path()};
  std::filesystem::path path_ = place_.path() / "broker.sock";
  asio::io_context io_{1};
  std::unique_ptr<Database> database_ = SqliteDatabase::open(place_.path() / "yard.db");
  SystemClock clock_;
  Store store_{*database_, clock_};
  NoObserver observer_;
  StoreQueue queue_{io_, store_, std::make_unique<Reader>(database_->open_reader()), {}, observer_};
  MemoryBudget memory_{io_, std::size_t{64} << 20U,
                       [](std::size_t /*bytes*/, const std::string& /*whom*/) {}};
  EventHub events_{io_, queue_, memory_, std::chrono::seconds(30)};
  Dispatcher dispatcher_{io_, queue_, [](const Session&, const Command&) {}, commands()};
  HttpServer http_{io_,
                   dispatcher_,
                   memory_,
                   {{"http://allowed"},
                    {},
                    std::chrono::hours(1),
                    1U << 20U,
                    [](int) { return true; },
                    [](std::string_view) { return std::optional<Access>(); }},
                   {[]() -> asio::awaitable<std::string> { co_return "metrics\n"; },
                    [](const std::string& name) -> asio::awaitable<std::string> {
                      co_return "{\"name\":\"" + name + "\"}";
                    }},
                   [this](Session& session) { events_.forget(session); }};
  Broker broker_{io_,
                 dispatcher_,
                 events_,
                 http_,
                 memory_,
                 {{}, 100, 10'000, 1U << 20U},
                 [](const std::string& /*what*/) {}};
};

}  // namespace

void session(std::string_view input) {
  static Rig rig;
  rig.converse(in_pieces(input));
}

}  // namespace yardmaster::fuzz
