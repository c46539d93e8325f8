// Databases that the daemon must not touch, and backups that must be worth something.
#include <fstream>
#include <string>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class StoreFiles : public YardTest {
 protected:
  void SetUp() override {
    allocate("one");
    append("one", 1, 500);
    daemon_.stop();
  }

  // Starting must fail with one line on standard error that holds all of these.
  void expect_refused_with(const std::vector<std::string>& parts) {
    const auto start = daemon_.command({"start", "--foreground"});
    EXPECT_EQ(start.status, 1) << start.errors;
    EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
    for (const auto& part : parts) {
      EXPECT_NE(start.errors.find(part), std::string::npos) << part << " in: " << start.errors;
    }
  }

  std::string sql(const std::string& statement) {
    const auto result = run({.argv = {"sqlite3", daemon_.database().string(), statement}});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  void remove_database() {
    for (const std::string suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(daemon_.database().string() + suffix);
    }
  }

  void overwrite(std::streamoff from, std::size_t count) {
    std::fstream file(daemon_.database(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(from);
    file.write(std::string(count, '\xa5').data(), static_cast<std::streamsize>(count));
    ASSERT_TRUE(file.good());
  }
};

TEST_F(StoreFiles, a_damaged_one_is_refused_with_what_to_do) {
  const auto size = std::filesystem::file_size(daemon_.database());
  overwrite(4096, static_cast<std::size_t>(size) - 4096);
  expect_refused_with({daemon_.database().string(), "backup"});
}

TEST_F(StoreFiles, a_damaged_page_in_the_middle_is_noticed) {
  overwrite(
      static_cast<std::streamoff>(std::filesystem::file_size(daemon_.database()) / 8192 * 4096),
      4096);
  expect_refused_with({daemon_.database().string(), "backup"});
}

TEST_F(StoreFiles, a_text_file_is_refused_and_left_as_it_is) {
  remove_database();
  write_file(daemon_.database(), "my diary, do not touch\n");
  expect_refused_with({daemon_.database().string()});
  EXPECT_EQ(read_file(daemon_.database()), "my diary, do not touch\n");
}

TEST_F(StoreFiles, another_programs_database_is_refused_and_left_as_it_is) {
  remove_database();
  sql("CREATE TABLE diary (day TEXT, entry TEXT); INSERT INTO diary VALUES ('monday', 'rain')");
  const auto before = read_file(daemon_.database());
  expect_refused_with({daemon_.database().string()});
  EXPECT_EQ(read_file(daemon_.database()), before);
}

TEST_F(StoreFiles, a_newer_schema_is_refused_with_what_to_do) {
  sql("PRAGMA user_version = 9999");
  expect_refused_with({daemon_.database().string(), "newer"});
  EXPECT_EQ(sql("PRAGMA user_version"), "9999\n") << "it is left as it is";
}

TEST(StoreBeginning, an_empty_file_becomes_a_yard) {
  TemporaryDirectory place;
  std::filesystem::create_directory(place / "state");
  std::filesystem::permissions(place / "state", std::filesystem::perms(0700));
  write_file(place / "state" / "yard.db", "");
  DaemonProcess daemon(DaemonOptions{.state_dir = place / "state"});
  EXPECT_EQ(daemon.call("status").at("counts").at("instances"), 0);
}

TEST_F(StoreFiles, one_that_was_emptied_is_refused_with_what_to_do) {
  remove_database();
  write_file(daemon_.database(), "");
  expect_refused_with({daemon_.database().string(), "backup", "--force"});
}

TEST_F(StoreFiles, that_of_another_yard_is_refused_and_left_as_it_is) {
  DaemonProcess other;
  other.call("allocate_instance", {{"instance_id", "two"}, {"role", "worker"}});
  other.stop();
  remove_database();
  std::filesystem::copy_file(other.database(), daemon_.database());
  expect_refused_with({daemon_.database().string(), "another yard"});
  EXPECT_EQ(read_file(daemon_.database()), read_file(other.database()));
}

TEST_F(StoreFiles, a_backup_made_under_load_restores) {
  daemon_.start();
  TemporaryDirectory place;
  const auto file = (place / "yard.backup").string();
  auto client = daemon_.connect();
  std::string frames;
  for (std::uint64_t seq = 501; seq <= 3000; ++seq) {
    frames += json{{"command", "append_context"},
                   {"args", {{"context", "one"}, {"seq", seq}, {"kind", "n"}, {"data", "x"}}}}
                  .dump() +
              "\n";
  }
  client.stream().send(frames);
  const auto backup = daemon_.command({"backup", file});
  ASSERT_EQ(backup.status, 0) << backup.errors;
  for (int i = 0; i < 2500; ++i) client.next_frame();

  std::filesystem::create_directory(place / "state");
  std::filesystem::permissions(place / "state", std::filesystem::perms(0700));
  std::filesystem::copy_file(file, place / "state" / "yard.db");
  DaemonProcess restored(DaemonOptions{.state_dir = place / "state"});
  const auto last = restored.call("read_context", {{"context", "one"}}).at("last_seq");
  EXPECT_GE(last, 500);
  EXPECT_EQ(restored.call("digest_context", {{"context", "one"}, {"to_seq", last}}).at("digest"),
            daemon_.call("digest_context", {{"context", "one"}, {"to_seq", last}}).at("digest"));
}

TEST_F(StoreFiles, a_backup_never_overwrites) {
  daemon_.start();
  TemporaryDirectory place;
  write_file(place / "precious", "do not touch");
  const auto backup = daemon_.command({"backup", (place / "precious").string()});
  EXPECT_EQ(backup.status, 1) << backup.errors;
  EXPECT_EQ(read_file(place / "precious"), "do not touch");
}

TEST_F(StoreFiles, a_backup_to_nowhere_is_one_clear_line) {
  daemon_.start();
  const auto backup = daemon_.command({"backup", "/nonexistent/place/yard.backup"});
  EXPECT_EQ(backup.status, 1);
  EXPECT_NE(backup.errors.find("/nonexistent/place"), std::string::npos) << backup.errors;
}

}  // namespace
}  // namespace yardmaster::support
