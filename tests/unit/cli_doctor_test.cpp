// These tests put each question of doctor to facts that are as they should be, doubtful and broken;
// whatever is not right says what to do.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "coordinator/base/paths.h"
#include "coordinator/cli/doctor/doctor.h"
#include "coordinator/cli/doctor/doctor_facts.h"
#include "coordinator/cli/doctor/program_output.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using support::TemporaryDirectory;
using support::write_file;
using ::testing::HasSubstr;

void expect_finding(const Finding& finding, Health health, const std::string& says) {
  EXPECT_EQ(finding.health, health) << finding.what;
  EXPECT_THAT(finding.what, HasSubstr(says));
  EXPECT_EQ(finding.remedy.empty(), health == Health::ok) << finding.remedy;
}

TEST(Doctor, versions_are_found_in_what_programs_say) {
  EXPECT_EQ(parse_version("git version 2.39.5"), (ProgramVersion{2, 39}));
  EXPECT_EQ(parse_version("git version 2.39.3 (Apple Git-146)"), (ProgramVersion{2, 39}));
  EXPECT_EQ(parse_version("tmux 3.3a"), (ProgramVersion{3, 3}));
  EXPECT_EQ(parse_version("tmux next-3.4"), (ProgramVersion{3, 4}));
  EXPECT_EQ(parse_version("tmux master"), (ProgramVersion{0, 0}));
  EXPECT_EQ(parse_version("7"), (ProgramVersion{7, 0}));
  EXPECT_EQ(parse_version(""), (ProgramVersion{}));
}

TEST(Doctor, old_and_missing_programs_are_broken) {
  expect_finding(check_git("git version 2.39.5"), Health::ok, "2.39.5");
  expect_finding(check_git("git version 2.36.0"), Health::ok, "2.36.0");
  expect_finding(check_git("git version 2.35.9"), Health::broken, "older than 2.36");
  expect_finding(check_git(std::nullopt), Health::broken, "cannot be run");
  expect_finding(check_tmux("tmux 3.3a", true), Health::ok, "3.3a");
  expect_finding(check_tmux("tmux 3.1c", true), Health::broken, "older than 3.2");
  expect_finding(check_tmux(std::nullopt, true), Health::broken, "cannot be run");
  expect_finding(check_tmux(std::nullopt, false), Health::ok, "not used");
}

TEST(Doctor, settings_that_cannot_be_read_come_first) {
  expect_finding(check_settings(""), Health::ok, "can be read");
  expect_finding(check_settings("config.json:3: surplus"), Health::broken, "config.json:3");
}

TEST(Doctor, a_daemon_may_rest_but_not_be_silent_or_old) {
  const json status{{"pid", 42}, {"version", "1.2"}};
  expect_finding(check_daemon(std::nullopt, nullptr, "1.2"), Health::warn, "does not run");
  expect_finding(check_daemon(42, nullptr, "1.2"), Health::broken, "does not answer");
  expect_finding(check_daemon(42, status, "1.2"), Health::ok, "pid 42");
  expect_finding(check_daemon(42, status, "1.3"), Health::warn, "version 1.2");
}

TEST(Doctor, the_hazard_of_an_old_sqlite_is_told_with_the_reason_why_it_is_none_here) {
  expect_finding(check_store("sqlite", 3040001, "3.40.1"), Health::ok, "through one");
  expect_finding(check_store("sqlite", 3051003, "3.51.3"), Health::ok, "SQLite 3.51.3");
  EXPECT_EQ(check_store("sqlite", 3051003, "3.51.3").what.find("bug"), std::string::npos);
  expect_finding(check_store("postgres", 3040001, "3.40.1"), Health::ok, "postgres");
}

TEST(Doctor, few_open_files_are_few_instances) {
  expect_finding(check_open_files(1 << 20), Health::ok, "1048576");
  expect_finding(check_open_files(1024), Health::warn, "1024");
  expect_finding(check_open_files(256), Health::broken, "256");
}

TEST(Doctor, a_long_runtime_directory_leaves_no_room_for_names) {
  expect_finding(check_socket_path("/run/user/1000/yardmaster"), Health::ok, "short enough");
  expect_finding(check_socket_path("/" + std::string(60, 'd')), Health::warn, "names of instances");
  expect_finding(check_socket_path("/" + std::string(85, 'd')), Health::broken,
                 "names of instances");
  expect_finding(check_socket_path("/" + std::string(100, 'd')), Health::broken, "107");
}

DirectoryFacts private_directory() {
  DirectoryFacts facts;
  facts.name = "state directory";
  facts.path = "/state";
  facts.exists = facts.is_directory = facts.is_ours = true;
  facts.mode = 0700;
  facts.free_bytes = 1ULL << 40U;
  return facts;
}

TEST(Doctor, directories_are_private_and_ours) {
  DirectoryFacts facts = private_directory();
  expect_finding(check_permissions(facts), Health::ok, "/state");
  facts.mode = 0755;
  expect_finding(check_permissions(facts), Health::broken, "0755");
  EXPECT_THAT(check_permissions(facts).remedy, HasSubstr("chmod 0700 /state"));
  facts.allowed = 0755;
  expect_finding(check_permissions(facts), Health::ok, "/state");
  facts.mode = 0500;
  expect_finding(check_permissions(facts), Health::broken, "keeps you out");
  facts.is_ours = false;
  expect_finding(check_permissions(facts), Health::broken, "another user");
  facts.is_directory = false;
  expect_finding(check_permissions(facts), Health::broken, "no directory");
  facts.exists = false;
  expect_finding(check_permissions(facts), Health::ok, "not there yet");
}

TEST(Doctor, the_sockets_group_gets_to_them) {
  GroupFacts facts{.group = "www-data", .exists = false, .runtime_dir = "/run/yard", .closed = {}};
  expect_finding(check_group_access(facts), Health::broken, "no group 'www-data'");
  facts.exists = true;
  expect_finding(check_group_access(facts), Health::ok, "access tokens");
  facts.closed = "/run/yard";
  expect_finding(check_group_access(facts), Health::broken, "/run/yard keeps members of");
  EXPECT_THAT(check_group_access(facts).remedy, HasSubstr("restart the daemon"));
  facts.closed = "/run";
  facts.is_above = true;
  EXPECT_THAT(check_group_access(facts).remedy, HasSubstr("--runtime-dir"));
}

TEST(Doctor, a_database_belongs_on_a_local_disk) {
  DirectoryFacts facts = private_directory();
  expect_finding(check_file_system(facts), Health::ok, "disk");
  facts.file_system = "tmpfs";
  expect_finding(check_file_system(facts), Health::warn, "reboot");
  facts.file_system = "nfs";
  expect_finding(check_file_system(facts), Health::broken, "nfs");
}

TEST(Doctor, space_runs_out_in_two_steps) {
  DirectoryFacts facts = private_directory();
  expect_finding(check_free_space(facts), Health::ok, "1.0 TiB");
  facts.free_bytes = 500U << 20U;
  expect_finding(check_free_space(facts), Health::warn, "500 MiB");
  facts.free_bytes = 1U << 20U;
  expect_finding(check_free_space(facts), Health::broken, "1.0 MiB");
}

TEST(Doctor, a_login_manager_may_end_agents_at_logout) {
  LogoutFacts facts;
  facts.user = "ada";
  facts.kill_user_processes = facts.runtime_dir_is_users = true;
  expect_finding(check_logout(facts), Health::ok, "nothing");
  facts.login_manager = true;
  expect_finding(check_logout(facts), Health::warn, "KillUserProcesses");
  EXPECT_THAT(check_logout(facts).remedy, HasSubstr("enable-linger ada"));
  facts.kill_user_processes = false;
  expect_finding(check_logout(facts), Health::warn, "sockets");
  facts.lingers = true;
  expect_finding(check_logout(facts), Health::ok, "lingering");
}

TEST(Doctor, what_is_switched_off_says_what_is_lost) {
  PartFacts part{"agents' hooks", "hooks", true, "default", "who is busy is not known"};
  expect_finding(check_part(part), Health::ok, "on");
  part.in_daemon = false;
  expect_finding(check_part(part), Health::warn, "still has it off");
  part.on = false;
  part.origin = "/etc/y.json";
  expect_finding(check_part(part), Health::warn, "/etc/y.json");
  EXPECT_THAT(check_part(part).what, HasSubstr("who is busy is not known"));
  EXPECT_THAT(check_part(part).remedy, HasSubstr("\"hooks\""));
}

TEST(Doctor, an_agent_command_that_spawn_refuses_is_broken) {
  expect_finding(check_agent_command("/usr/bin/claude", ""), Health::ok, "/usr/bin/claude");
  expect_finding(check_agent_command("", "'claude' is not installed"), Health::broken, "'claude'");
}

TEST(Doctor, roles_and_repositories_are_looked_at) {
  expect_finding(check_roles("/r.json", false, ""), Health::ok, "built-in");
  expect_finding(check_roles("/r.json", true, ""), Health::ok, "/r.json");
  expect_finding(check_roles("/r.json", true, "/r.json:1: no"), Health::broken, "/r.json:1");
  EXPECT_THAT(check_roles("/r.json", true, "no").remedy, HasSubstr("daemon does not start"));
  const json ready{{"name", "api"}, {"state", "ready"}, {"path", "/src/api"}};
  expect_finding(check_repository(ready, true), Health::ok, "/src/api");
  expect_finding(check_repository(ready, false), Health::broken, "/src/api is not there");
  const json failed{{"name", "api"}, {"state", "failed"}, {"error", "no host"}};
  expect_finding(check_repository(failed, false), Health::warn, "no host");
}

TEST(Doctor, the_worst_finding_counts_and_remedies_stand_below) {
  const std::vector<Finding> findings{{"git", Health::ok, "2.39"},
                                      {"free space", Health::warn, "little", "make room"}};
  EXPECT_EQ(worst_of(findings), Health::warn);
  EXPECT_EQ(worst_of({}), Health::ok);
  EXPECT_EQ(findings_text(findings),
            "ok      git         2.39\n"
            "warn    free space  little\n"
            "                    → make room\n");
  EXPECT_EQ(findings_json(findings)["health"], "warn");
  EXPECT_EQ(findings_json(findings)["findings"][1]["remedy"], "make room");
}

TEST(DoctorFacts, a_directory_is_seen_as_it_is) {
  const TemporaryDirectory place;
  DirectoryFacts facts = read_directory("state directory", place.path(), 0700);
  EXPECT_TRUE(facts.exists && facts.is_directory && facts.is_ours);
  EXPECT_EQ(facts.mode, 0700U);
  EXPECT_GT(facts.free_bytes, 0U);
  fs::permissions(place.path(), fs::perms(0750));
  EXPECT_EQ(read_directory("", place.path(), 0700).mode, 0750U);
  facts = read_directory("", place / "not/there/yet", 0700);
  EXPECT_FALSE(facts.exists);
  EXPECT_GT(facts.free_bytes, 0U);
  write_file(place / "file", "");
  EXPECT_FALSE(read_directory("", place / "file", 0700).is_directory);
}

TEST(DoctorFacts, the_last_drop_in_decides_what_happens_at_logout) {
  const TemporaryDirectory root;
  EXPECT_FALSE(read_logout(root.path(), "ada", "/run/user/1000/y").login_manager);
  fs::create_directories(root / "run/systemd/seats");
  fs::create_directories(root / "etc/systemd/logind.conf.d");
  fs::create_directories(root / "usr/lib/systemd/logind.conf.d");
  write_file(root / "etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=yes\n");
  const auto kills = [&](const char* user) {
    return read_logout(root.path(), user, "/run/user/1000/y").kill_user_processes;
  };
  EXPECT_FALSE(kills("ada"));
  write_file(root / "usr/lib/systemd/logind.conf.d/20.conf", "KillUserProcesses = yes\n");
  EXPECT_TRUE(kills("ada"));
  EXPECT_FALSE(kills("root"));
  write_file(root / "etc/systemd/logind.conf.d/20.conf", "# hides the one in /usr\n");
  EXPECT_FALSE(kills("ada"));
  fs::create_directories(root / "var/lib/systemd/linger");
  write_file(root / "var/lib/systemd/linger/ada", "");
  const LogoutFacts facts = read_logout(root.path(), "ada", "/run/user/1000/y");
  EXPECT_TRUE(facts.login_manager && facts.lingers && facts.runtime_dir_is_users);
  EXPECT_FALSE(read_logout(root.path(), "bob", "/state/run").runtime_dir_is_users);
}

TEST(DoctorFacts, agents_have_what_the_daemon_has_but_what_is_its_own) {
  Config config;
  config.agent_path = {"/first"};
  config.daemon_environment = {"DAEMONS"};
  const support::ChildProcess daemon(
      {.argv = {"/bin/sleep", "600"},
       .environment = {{"PATH", "/of/the/daemon:/bin"}, {"DAEMONS", "x"}}});
  EXPECT_TRUE(support::eventually([&] {
    const Surroundings agents = agents_surroundings(config, daemon.pid());
    return agents.count("PATH") > 0 && agents.at("PATH") == "/of/the/daemon:/bin" &&
           agents.count("DAEMONS") == 0;
  }));
  const Surroundings composed = agents_surroundings(config, std::nullopt);
  EXPECT_TRUE(composed.at("PATH").starts_with("/first:")) << composed.at("PATH");
}

TEST(ProgramOutput, is_what_the_program_says_if_it_succeeds_in_time) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  EXPECT_EQ(program_output({"echo", "one two"}, seconds(20)), "one two");
  EXPECT_EQ(program_output({"sh", "-c", "echo no; exit 1"}, seconds(20)), std::nullopt);
  EXPECT_EQ(program_output({"/nonexistent/program"}, seconds(20)), std::nullopt);
  EXPECT_EQ(program_output({"sleep", "600"}, milliseconds(20)), std::nullopt);
}

}  // namespace
}  // namespace yardmaster::cli
