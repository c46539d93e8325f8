// These tests migrate the schema of version 1, as programs up to that version wrote it, to that of
// today.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/contract/raw_sql.h"

namespace yardmaster {
namespace {

using testing::HasSubstr;

class MigrationContract : public StoreContract {
 protected:
  // A database of version 1 that nobody uses.
  void SetUp() override {
    driver_ = make_driver(GetParam());
    raw_ = RawSql::open(*driver_);
    raw_->run(old_sql("schema_1.sql") + old_sql("rows_1.sql"));
    raw_->set_version(1);
  }

  std::string old_sql(const std::string& name) {
    const std::ifstream file(std::string(YARDMASTER_CONTRACT_DIRECTORY) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    std::string sql = in_dialect(text.str(), raw_->dialect());
    const std::string word = "{ids}";
    const std::size_t at = sql.find(word);
    if (at != std::string::npos) {
      sql.replace(at, word.size(), GetParam() == "sqlite" ? "X'" : "'\\x");
    }
    return sql;
  }

  // Returns the text of the Error with which opening ends.
  std::string why_refused() {
    try {
      reopen();
    } catch (const Error& error) {
      store_.reset();
      database_.reset();
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return "not refused";
  }

  std::unique_ptr<RawSql> raw_;
};
INSTANTIATE_TEST_SUITE_P(Drivers, MigrationContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(MigrationContract, an_old_database_ends_like_a_fresh_one) {
  const auto fresh = make_driver(GetParam());
  fresh->open()->prepare_schema();
  const auto expected = RawSql::open(*fresh)->catalogue();
  EXPECT_NE(raw_->catalogue(), expected);
  reopen();
  EXPECT_EQ(raw_->catalogue(), expected);
  EXPECT_GT(expected.size(), 50U);
}

TEST_P(MigrationContract, instances_and_tombstones_are_taken_along) {
  reopen();
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.id, 10U);
  EXPECT_EQ(ada.role, "worker");
  EXPECT_EQ(ada.repo, "engine");
  EXPECT_EQ(ada.worktree_path, "/räume/\\x41");
  EXPECT_EQ(ada.tmux_window, "@3");
  EXPECT_EQ(ada.task, "Add tests");
  EXPECT_EQ(ada.agent_command, "agent --fast");
  EXPECT_EQ(ada.socket_path, "/run/ada.sock");
  EXPECT_EQ(ada.process, (ProcessIdentity{42, 4242, "boot"}));
  EXPECT_EQ(ada.state, InstanceState::running);
  EXPECT_EQ(ada.context, "ada");
  EXPECT_EQ(ada.generation, 3U);
  EXPECT_EQ(ada.created_at, WallTime(std::chrono::microseconds(1000001)));
  EXPECT_EQ(ada.branch + ada.repo_path + ada.tmux_pane + ada.log_path, "");
  EXPECT_EQ(ada.owned, 0U);
  EXPECT_FALSE(ada.wanted);
  EXPECT_FALSE(store_->find_instance("bob").process.has_value());
  const auto tombstones = store_->list_tombstones(10);
  ASSERT_EQ(tombstones.size(), 1U);
  EXPECT_EQ(tombstones[0].name, "eve");
  EXPECT_EQ(tombstones[0].worktree_path, "/räume/\\\\");
  EXPECT_EQ(tombstones[0].ended_at, WallTime(std::chrono::microseconds(3000003)));
  EXPECT_EQ(tombstones[0].end_reason, "completed");
  EXPECT_EQ(tombstones[0].summary, "all done");
  EXPECT_EQ(tombstones[0].exit_status + tombstones[0].last_output, "");
  EXPECT_TRUE(tombstones[0].rescue.empty());
}

TEST_P(MigrationContract, everything_else_is_taken_along_and_goes_on) {
  reopen();
  EXPECT_FALSE(store_->recovery().clean);
  EXPECT_EQ(store_->recovery().tail_entries, 1U);
  ASSERT_EQ(read("ada").size(), 3U);
  EXPECT_EQ(read("ada")[2].data, "entry 3");
  const auto messages = store_->list_messages({"bob", std::nullopt, 0, 10});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].id, 13U);
  EXPECT_EQ(messages[0].body, "hello");
  EXPECT_EQ(refusal([&] { return store_->send_message("ada", "bob", "hello", "k1"); }),
            ErrorCode::key_reused);
  EXPECT_EQ(store_->list_handoffs({.state = HandoffState::cancelled}).size(), 1U);
  in_transaction([&] { return store_->accept_handoff(15, "bob", "d19e57", 3); });
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "bob");
  end("ada", "released");
  create("ada");
  EXPECT_GT(store_->find_instance("ada").id, 16U) << "no id is given again";
  append("bob", 1, 3);
  reopen();
  EXPECT_EQ(read("bob").size(), 3U);
  EXPECT_EQ(store_->list_tombstones(10).size(), 2U);
}

TEST_P(MigrationContract, those_who_live_keep_what_was_sent_to_them_in_this_life) {
  reopen();
  in_transaction([&] { return store_->send_message("ada", "bob", "and this", ""); });
  EXPECT_EQ(store_->list_messages({"bob", std::nullopt, 0, 10}).size(), 2U);
  end("bob", "released");
  create("bob");
  EXPECT_TRUE(store_->list_messages({"bob", std::nullopt, 0, 10}).empty());
  const auto burial = in_transaction([&] { return store_->bury_undeliverable("", WallTime{}); });
  EXPECT_EQ(burial.letters.size(), 2U);
}

TEST_P(MigrationContract, an_upgrade_that_fails_leaves_the_old_version_whole) {
  raw_->run("CREATE TABLE wanted_instances (obstacle BIGINT)");  // the last that is made
  const auto before = raw_->catalogue();
  const std::string why = why_refused();
  EXPECT_THAT(why, HasSubstr("upgrading the schema from version 1"));
  EXPECT_THAT(why, HasSubstr("nothing was changed"));
  EXPECT_EQ(raw_->catalogue(), before);
  raw_->run("DROP TABLE wanted_instances");
  reopen();
  EXPECT_EQ(store_->list_instances().size(), 2U);
  EXPECT_EQ(read("ada").size(), 3U);
}

TEST_P(MigrationContract, a_newer_database_is_refused_and_left_as_it_is) {
  reopen();
  store_.reset();
  database_.reset();
  raw_->set_version(schema_version + 1);
  const auto before = raw_->catalogue();
  const std::string why = why_refused();
  EXPECT_THAT(why, HasSubstr("storage_damaged"));
  EXPECT_THAT(why, HasSubstr("newer"));
  EXPECT_EQ(raw_->catalogue(), before);
  raw_->set_version(schema_version);
  reopen();
  EXPECT_EQ(store_->list_instances().size(), 2U);
}

}  // namespace
}  // namespace yardmaster
