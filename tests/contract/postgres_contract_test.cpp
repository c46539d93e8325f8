// PostgresDatabase promises more than the contract of all drivers: it finds out what became of a
// commit when its connection is lost.
#include <libpq-fe.h>

#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

class PostgresContract : public StoreContract {
 protected:
  // Ends the sessions whose application name is like that.
  void sever(const std::string& name) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(
        PQconnectdb(PostgresDriver::server().connection_string().c_str()), PQfinish);
    const std::string sql =
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '" +
        name + "'";
    PQclear(PQexec(connection.get(), sql.c_str()));
  }
  // As if a crash of the server had taken the last commit back; `rows` is what it had done.
  void lose_last_commit(const std::string& rows) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(
        PQconnectdb(dynamic_cast<PostgresDriver&>(*driver_).conninfo().c_str()), PQfinish);
    const std::string sql =
        rows + "UPDATE yard_meta SET value = value - 1 WHERE name = 'transaction'";
    PQclear(PQexec(connection.get(), sql.c_str()));
    sever("yardmaster store");
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, PostgresContract, testing::Values("postgres"), driver_name);

TEST_P(PostgresContract, a_transaction_whose_connection_is_lost_does_not_take_effect) {
  create("ada");
  append("ada", 1, 3);
  database_->begin(Durability::process);
  store_->append({"ada", 4, "note", "lost", {}, {}});
  sever("yardmaster store");
  EXPECT_THROW(database_->commit(), Error);
  database_->rollback();
  store_->rolled_back();
  EXPECT_FALSE(database_->take_divergence());
  append("ada", 4, 4);
  EXPECT_EQ(read("ada").size(), 4U);
}

TEST(PostgresOutcome, a_commit_whose_server_stays_away_is_of_unknown_outcome) {
  loadgen::PostgresCluster server({}, [] {});
  const loadgen::RunDatabase place(server.connection_string());
  const auto database = PostgresDatabase::open({place.conninfo(), {}});
  ManualClock clock;
  Store store(*database, clock);
  database->begin(Durability::power);
  InstanceRequest request;
  request.name = "ada";
  request.role = "worker";
  store.create_instance(request, "");
  server.crash();
  try {
    database->commit();
    ADD_FAILURE() << "it was acknowledged";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::outcome_unknown) << error.what();
  }
  database->rollback();
  server.start([] {});
}

TEST_P(PostgresContract, a_reader_whose_connection_is_lost_connects_again) {
  create("ada");
  append("ada", 1, 3);
  Reader reader(database_->open_reader());
  EXPECT_EQ(reader.read(store_->snapshot("ada", 1, 0)).size(), 3U);
  sever("yardmaster reader");
  EXPECT_EQ(reader.read(store_->snapshot("ada", 1, 0)).size(), 3U);
}

TEST_P(PostgresContract, commits_that_the_server_lost_are_told_of) {
  create("ada");
  append("ada", 1, 3);
  lose_last_commit("");
  EXPECT_THROW(in_transaction([&] { store_->find_instance("ada"); }), Error);
  database_->begin(Durability::process);
  EXPECT_TRUE(database_->take_divergence());
  database_->rollback();
  store_->reload();
  EXPECT_EQ(read("ada").size(), 3U);
}

TEST_P(PostgresContract, a_stop_does_not_write_out_what_the_server_has_lost) {
  create("ada");
  append("ada", 1, 3);
  lose_last_commit("DELETE FROM entries;");
  EXPECT_THROW(in_transaction([&] { store_->find_instance("ada"); }), Error);
  EXPECT_THROW(store_->write_out_tail(), Error);
  reopen();
  EXPECT_TRUE(read("ada").empty());
  append("ada", 1, 2);
  EXPECT_EQ(read("ada").size(), 2U);
}

TEST_P(PostgresContract, a_second_writer_is_refused) {
  try {
    const auto second = driver_->open();
    FAIL() << "two coordinators on one database";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict) << error.what();
  }
}

TEST_P(PostgresContract, checkpoints_beside_the_commits_are_told_of) {
  store_.reset();
  database_.reset();
  const auto& conninfo = dynamic_cast<PostgresDriver&>(*driver_).conninfo();
  database_ = PostgresDatabase::open({conninfo, std::chrono::milliseconds(20)});
  store_.emplace(*database_, clock_);
  create("ada");
  append("ada", 1, 200);
  std::optional<CheckpointResult> result;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!result && std::chrono::steady_clock::now() < deadline) {
    result = database_->take_checkpoint();
    std::this_thread::yield();
  }
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->complete);
  EXPECT_GT(result->duration.count(), 0);
}

}  // namespace
}  // namespace yardmaster
