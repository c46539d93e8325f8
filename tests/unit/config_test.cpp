#include "coordinator/base/config.h"

#include <fstream>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/base/yard_record.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

class ConfigTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const auto file = directory_.path() / "config.json";
    std::ofstream(file) << text;
    return file;
  }

  LoadedConfig load(std::optional<std::filesystem::path> file,
                    std::map<std::string, std::string> variables = {},
                    std::map<std::string, std::string> command_line = {}) {
    variables.emplace("HOME", directory_.path().string());
    ConfigSources sources;
    sources.file = std::move(file);
    sources.environment = [variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    sources.command_line = std::move(command_line);
    return load_config(sources);
  }

  std::string refusal(const std::string& text) {
    try {
      load(write(text));
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      return error.what();
    }
  }

  support::TemporaryDirectory directory_;
};

std::string origin_of(const LoadedConfig& loaded, const std::string& key) {
  for (const ConfigValue& value : loaded.values) {
    if (value.key == key) return value.origin;
  }
  return "no such key";
}

TEST_F(ConfigTest, a_number_that_is_too_large_is_refused_by_the_name_of_its_file) {
  const std::string why = refusal(R"({"largest_batch": 1e999})");
  EXPECT_NE(why.find("config.json: number overflow"), std::string::npos) << why;
}

TEST_F(ConfigTest, without_anything_every_value_is_the_default) {
  const LoadedConfig loaded = load(std::nullopt);
  EXPECT_EQ(loaded.config.checkpoint_policy, "adaptive");
  EXPECT_EQ(loaded.config.state_dir, (directory_.path() / ".local/state/yardmaster").string());
  for (const ConfigValue& value : loaded.values) {
    EXPECT_EQ(value.origin, "default") << value.key;
    EXPECT_EQ(value.value, value.default_value) << value.key;
    EXPECT_FALSE(value.help.empty()) << value.key;
  }
}

TEST_F(ConfigTest, the_command_line_beats_the_environment_beats_the_file) {
  const auto file = write(
      "{ // a comment\n \"log_level\": \"debug\", /* another */\n"
      "\"commit_spacing\": \"1ms\", \"log_files\": 5 }");
  const LoadedConfig loaded =
      load(file, {{"YARDMASTER_LOG_FILES", "6"}, {"YARDMASTER_LOG_LEVEL", "error"}},
           {{"log_level", "warning"}});
  EXPECT_EQ(loaded.config.commit_spacing, std::chrono::milliseconds(1));
  EXPECT_EQ(loaded.config.log_files, 6U);
  EXPECT_EQ(loaded.config.log_level, "warning");
  EXPECT_EQ(origin_of(loaded, "commit_spacing"), file.string());
  EXPECT_EQ(origin_of(loaded, "log_files"), "environment YARDMASTER_LOG_FILES");
  EXPECT_EQ(origin_of(loaded, "log_level"), "command line");
}

TEST_F(ConfigTest, a_bad_file_is_refused_with_its_place) {
  const std::string file = (directory_.path() / "config.json").string();
  EXPECT_TRUE(refusal("{\n\n\"log_level\": }").starts_with(file + ":3: "));
  EXPECT_EQ(refusal("{\"colour\": 1}"), file + ": colour: unknown key");
  EXPECT_TRUE(refusal("{\"log_files\": -1}").starts_with(file + ": log_files: "));
  EXPECT_TRUE(refusal("{\"log_files\": \"3\"}").starts_with(file + ": log_files: "));
  EXPECT_TRUE(refusal("{\"metrics_public\": 1}").starts_with(file + ": metrics_public: "));
  EXPECT_TRUE(refusal("{\"kill_grace\": \"5\"}").starts_with(file + ": kill_grace: "));
  EXPECT_TRUE(refusal("{\"allowed_origins\": \"x\"}").starts_with(file + ": allowed_origins: "));
  EXPECT_TRUE(refusal("{\"log_level\": \"loud\"}").starts_with(file + ": log_level: 'loud'"));
  EXPECT_EQ(refusal("[]"), file + ": not an object");
}

TEST_F(ConfigTest, a_value_that_nothing_works_with_is_refused) {
  const std::string file = (directory_.path() / "config.json").string();
  EXPECT_EQ(refusal("{\"largest_batch\": 0}"), file + ": largest_batch: must be at least 1");
  EXPECT_EQ(refusal("{\"max_output_bytes\": 65535}"),
            file + ": max_output_bytes: must be at least 65536");
  EXPECT_EQ(refusal("{\"ping_interval\": \"999ms\"}"),
            file + ": ping_interval: must be at least 1s");
  EXPECT_EQ(refusal("{\"log_max_bytes\": 0}"), file + ": log_max_bytes: must be at least 4096");
  EXPECT_EQ(refusal("{\"kill_grace\": \"0s\", \"log_files\": 0, \"max_output_bytes\": 65536}"), "");
}

TEST_F(ConfigTest, another_process_gets_all_of_it) {
  LoadedConfig loaded =
      load(write(R"({"agent_environment": ["A=a,b", "B"], "kill_grace": "1234567ns",
      "postgres": "password='x y' host=\\h", "agent_umask": "027", "allowed_origins": ["http://é"],
      "checkpoint_policy": "auto", "tmux": false, "log_files": 7})"));
  const std::string text = settings_text(loaded.config);
  const Config again = config_from_settings(text);
  EXPECT_EQ(settings_text(again), text);
  EXPECT_EQ(again.postgres, loaded.config.postgres);
  EXPECT_EQ(again.kill_grace, std::chrono::nanoseconds(1234567));
  EXPECT_EQ(again.state_dir, loaded.config.state_dir);
  EXPECT_EQ(again.agent_environment, loaded.config.agent_environment);
}

TEST_F(ConfigTest, values_of_variables_do_not_show) {
  const LoadedConfig loaded = load(write(R"({"agent_environment": ["KEY=sesame", "NAME"]})"));
  for (const ConfigValue& value : loaded.values) {
    if (value.key != "agent_environment") continue;
    EXPECT_EQ(value.value, nlohmann::json({"KEY=***", "NAME"}));
  }
  EXPECT_NE(refusal("{\"agent_umask\": \"0999\"}"), "");
}

TEST_F(ConfigTest, a_file_given_by_name_has_to_exist) {
  EXPECT_THROW(load(directory_.path() / "nowhere.json"), Error);
  EXPECT_THROW(load(std::nullopt, {{"YARDMASTER_CONFIG", "/nowhere.json"}}), Error);
}

TEST_F(ConfigTest, places_follow_the_xdg_rules) {
  EXPECT_EQ(
      load(std::nullopt, {{"XDG_STATE_HOME", "/s"}, {"XDG_RUNTIME_DIR", "/r"}}).config.runtime_dir,
      "/r/yardmaster");
  EXPECT_EQ(load(std::nullopt, {{"XDG_STATE_HOME", "/s"}}).config.runtime_dir, "/s/yardmaster/run");
  EXPECT_EQ(load(std::nullopt, {{"XDG_STATE_HOME", "relative"}}).config.state_dir,
            (directory_.path() / ".local/state/yardmaster").string());
}

TEST_F(ConfigTest, a_yard_stays_where_it_was_unless_something_says_otherwise) {
  YardRecord yard;
  yard.id = new_yard_id();
  yard.state_dir = directory_.path();
  yard.runtime_dir = directory_.path() / "sockets";
  yard.store = "postgres";
  write_yard_record(yard);
  const std::map<std::string, std::string> elsewhere{{"XDG_RUNTIME_DIR", "/r"}};
  const std::map<std::string, std::string> here{{"state_dir", yard.state_dir.string()}};
  const LoadedConfig remembered = load(std::nullopt, elsewhere, here);
  EXPECT_EQ(remembered.config.runtime_dir, yard.runtime_dir);
  EXPECT_EQ(remembered.config.store, "postgres");
  EXPECT_EQ(origin_of(remembered, "runtime_dir"), "the yard, since its latest start");
  auto told = here;
  told["runtime_dir"] = "/told";
  told["store"] = "sqlite";
  const LoadedConfig otherwise = load(std::nullopt, elsewhere, told);
  EXPECT_EQ(otherwise.config.runtime_dir, "/told");
  EXPECT_EQ(otherwise.config.store, "sqlite");
  yard.runtime_dir = write("{}") / "below" / "a file";
  write_yard_record(yard);
  EXPECT_EQ(load(std::nullopt, elsewhere, here).config.runtime_dir, "/r/yardmaster");
}

TEST_F(ConfigTest, a_record_that_is_damaged_is_refused_by_name) {
  write("{}");
  std::filesystem::rename(directory_.path() / "config.json", directory_.path() / "yard.json");
  try {
    read_yard_record(directory_.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("yard.json"), std::string::npos) << error.what();
  }
}

TEST(Paths, a_socket_path_may_have_107_bytes) {
  EXPECT_NO_THROW(require_socket_path("/" + std::string(106, 'x')));
  try {
    require_socket_path("/" + std::string(107, 'x'));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("108"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("107"), std::string::npos);
  }
}

}  // namespace
}  // namespace yardmaster
