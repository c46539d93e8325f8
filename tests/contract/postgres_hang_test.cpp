// A PostgreSQL server that hangs: its connections are there, and nobody answers. Whoever waits for
// it gives up, says so, and goes on when the server does.
#include <memory>

#include "coordinator/base/error.h"
#include "coordinator/store/context_walk.h"
#include "tests/contract/frozen_server.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

using support::FrozenServer;
using What = FrozenServer::What;

class PostgresHang : public testing::TestWithParam<What> {
 protected:
  template <typename Work>
  static std::optional<ErrorCode> refusal(Work work) {
    try {
      work();
    } catch (const Error& error) {
      return error.code();
    }
    return std::nullopt;
  }

  void create(const std::string& name) {
    InstanceRequest request;
    request.name = name;
    request.role = "worker";
    store_.create_instance(request, "");
  }

  void commit_instance(const std::string& name) {
    database_->begin(Durability::power);
    create(name);
    database_->commit();
    store_.committed();
  }

  loadgen::PostgresCluster server_{{}, [] {}};
  loadgen::RunDatabase place_{server_.connection_string()};
  std::unique_ptr<Database> database_ =
      PostgresDatabase::open({place_.conninfo(), {}, std::chrono::milliseconds(300)});
  ManualClock clock_;
  Store store_{*database_, clock_};
};

TEST_P(PostgresHang, a_commit_that_nobody_answers_is_of_unknown_outcome) {
  database_->begin(Durability::power);
  create("ada");
  {
    const FrozenServer frozen(server_.pid(), GetParam());
    EXPECT_EQ(refusal([&] { database_->commit(); }), ErrorCode::outcome_unknown);
    database_->rollback();
    store_.rolled_back();
    EXPECT_EQ(refusal([&] { database_->begin(Durability::power); }), ErrorCode::storage_failed);
    database_->rollback();
  }
  // What was sent before has taken effect or not; either way the next one is whole.
  std::optional<ErrorCode> away = ErrorCode::storage_failed;
  for (int i = 0; i < 60 && away; ++i) {
    away = refusal([&] { commit_instance("bob"); });
    if (away) database_->rollback();
  }
  EXPECT_FALSE(away) << to_string(*away);
  EXPECT_EQ(store_.find_instance("bob").name, "bob");
}

TEST_P(PostgresHang, a_question_that_nobody_answers_is_refused) {
  commit_instance("ada");
  Reader reader(database_->open_reader());
  const ContextSnapshot snapshot = store_.snapshot("ada", 1, 0);
  {
    const FrozenServer frozen(server_.pid(), GetParam());
    EXPECT_EQ(refusal([&] { (void)store_.find_instance("ada"); }), ErrorCode::storage_failed);
    // A server whose other processes still run gives the reader a new connection.
    const auto read = refusal([&] { EXPECT_EQ(count_rows(reader.database(), snapshot), 0U); });
    EXPECT_EQ(read.has_value(), GetParam() == What::everything);
  }
  EXPECT_EQ(count_rows(reader.database(), snapshot), 0U);
}

INSTANTIATE_TEST_SUITE_P(Frozen, PostgresHang, testing::Values(What::backends, What::everything),
                         [](const auto& frozen) {
                           return frozen.param == What::backends ? "backends" : "everything";
                         });

}  // namespace
}  // namespace yardmaster
