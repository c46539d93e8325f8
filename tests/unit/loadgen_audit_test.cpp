// These tests are on what the audit makes of a store that lacks something, and on how instances are
// given back.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "coordinator/domain/context.h"
#include "loadgen/run/audit.h"
#include "loadgen/run/release_guard.h"
#include "loadgen/workloads/append_wire.h"
#include "tests/unit/answering_server.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;

std::string text_of(std::uint64_t seq) { return "entry " + std::to_string(seq); }

json failure(const char* code) {
  return {{"success", false}, {"error", "as the test wants it"}, {"code", code}};
}

// A daemon with one context, which answers as the real one does where entries are missing.
struct Shop {
  std::uint64_t last_seq = 0;
  std::set<std::uint64_t> missing{};
  std::set<std::uint64_t> changed{};
  std::uint64_t extra_rows = 0;
  bool counts_rows = false;

  json answer(const std::string& command, const json& args) const {
    if (args.at("context") != "known") return failure("not_found");
    if (args.contains("count_rows") && !counts_rows) return failure("invalid_request");
    const bool digest = command == "digest_context";
    const auto from = args.at("from_seq").get<std::uint64_t>();
    const auto to = digest ? args.at("to_seq").get<std::uint64_t>()
                           : from + args.at("limit").get<std::uint64_t>() - 1;
    json entries = json::array();
    ContextDigest sum;
    for (std::uint64_t seq = from; seq <= std::min(to, last_seq); ++seq) {
      if (missing.contains(seq)) return failure("storage_damaged");
      const std::string text = changed.contains(seq) ? "other" : text_of(seq);
      sum.add(seq, entry_kind, text);
      entries.push_back({{"seq", seq}, {"kind", entry_kind}, {"data", text}});
    }
    json data{{"entries", entries}, {"last_seq", last_seq}, {"count", entries.size()}};
    data["digest"] = sum.finish();
    if (args.contains("count_rows")) data["rows"] = entries.size() + extra_rows;
    return {{"success", true}, {"data", data}};
  }
};

reports::Audit audit_of(const Shop& shop, std::uint64_t acknowledged,
                        const std::string& context = "known", bool count_rows = false) {
  AnsweringServer server(
      [&](const std::string& command, const json& args) { return shop.answer(command, args); });
  EventLoop loop;
  ReconnectingSession session(loop, server.path());
  std::atomic<std::uint64_t> progress{0};
  Auditor auditor(loop, session, progress, count_rows);
  const auto append = [](std::string& text, std::uint64_t seq) { text += text_of(seq); };
  auditor.check_contexts({{context, acknowledged, append}});
  EXPECT_EQ(auditor.result().acknowledged, acknowledged);
  return auditor.result();
}

TEST(AuditTest, what_is_there_is_stored) {
  const auto audit = audit_of({.last_seq = 2500}, 2400);
  EXPECT_EQ(audit.stored, 2400U);
  EXPECT_TRUE(audit.clean());
}

TEST(AuditTest, unreadable_entries_are_lost_and_no_others) {
  const auto audit = audit_of({.last_seq = 2500, .missing = {1, 700, 701, 2499}}, 2500);
  EXPECT_EQ(audit.lost, 4U);
  EXPECT_EQ(audit.stored, 2496U);
}

TEST(AuditTest, changed_entries_and_a_missing_end_are_lost) {
  const auto audit = audit_of({.last_seq = 90, .changed = {7}}, 100);
  EXPECT_EQ(audit.lost, 11U);
  EXPECT_EQ(audit.stored, 89U);
}

TEST(AuditTest, a_context_that_is_gone_is_lost_with_all_its_entries) {
  EXPECT_EQ(audit_of({.last_seq = 10}, 10, "vanished").lost, 10U);
}

TEST(AuditTest, rows_beyond_the_entries_are_doubled_entries) {
  const Shop shop{.last_seq = 10, .extra_rows = 2, .counts_rows = true};
  EXPECT_EQ(audit_of(shop, 10, "known", true).duplicated, 2U);
  EXPECT_EQ(audit_of(shop, 10, "known", false).duplicated, 0U);
}

TEST(AuditTest, a_daemon_that_counts_no_rows_is_audited_without) {
  const auto audit = audit_of({.last_seq = 10}, 10, "known", true);
  EXPECT_EQ(audit.stored, 10U);
  EXPECT_TRUE(audit.clean());
}

TEST(ReleaseGuardTest, gives_back_the_instances_of_its_run_and_no_others) {
  std::set<std::string> yard{"lgone-w0", "lgone-churn3", "lgtwo-w0", "somebody"};
  const auto serve = [&](const std::string& command, const json& args) -> json {
    if (command == "release_instance") {
      yard.erase(args.at("instance_id").get<std::string>());
      return {{"success", true}, {"data", json::object()}};
    }
    json list = json::array();
    for (const auto& name : yard) list.push_back({{"instance_id", name}});
    return {{"success", true}, {"data", {{"instances", list}}}};
  };
  {
    AnsweringServer server(serve);
    { ReleaseGuard(server.path(), "lgtwo", true).disarm(); }
    { const ReleaseGuard guard(server.path(), "lgone", true); }
    { const ReleaseGuard guard(server.path(), "somebody", false); }
  }
  EXPECT_EQ(yard, (std::set<std::string>{"lgtwo-w0", "somebody"}));
}

TEST(ReleaseGuardTest, without_a_daemon_there_is_nothing_to_give_back) {
  EXPECT_NO_THROW(ReleaseGuard("/nowhere/at/all", "lg", true));
}

}  // namespace
}  // namespace yardmaster::loadgen
