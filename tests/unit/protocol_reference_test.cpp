// The page of the protocol says all of the tables, and the one that is committed is that page. That
// replies are as it says: tests/integration/protocol_replies_test.cpp.
#include "coordinator/broker/commands/protocol_reference.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/broker/commands/command_spec.h"
#include "coordinator/broker/commands/reply_objects.h"
#include "coordinator/broker/event_table.h"

namespace yardmaster {
namespace {

using ::testing::HasSubstr;

TEST(ProtocolReference, is_the_committed_page) {
  std::ifstream file(YARDMASTER_SOURCE_DIRECTORY "/coordinator/broker/protocol.md");
  const std::string committed{std::istreambuf_iterator<char>(file),
                              std::istreambuf_iterator<char>()};
  EXPECT_TRUE(committed == protocol_reference())
      << "coordinator/broker/protocol.md is not what the tables say. Make it anew:\n"
         "  build/release/bin/yardmaster help protocol > coordinator/broker/protocol.md";
}

void expect_fields(std::string_view of, std::span<const FieldSpec> fields) {
  EXPECT_FALSE(fields.empty()) << of;
  std::set<std::string_view> names;
  for (const FieldSpec& field : fields) {
    EXPECT_TRUE(names.insert(field.name).second) << of << "." << field.name << " stands twice";
    EXPECT_NE(field.help, "") << of << "." << field.name;
    EXPECT_NE(field.type, "") << of << "." << field.name;
  }
}

TEST(ProtocolReference, describes_every_command_argument_and_field) {
  const std::string page = protocol_reference();
  for (const CommandSpec& command : command_specs()) {
    EXPECT_THAT(page, HasSubstr("\n### " + std::string(command.name) + "\n"));
    EXPECT_TRUE(command.help.ends_with('.')) << command.name;
    for (const ArgumentSpec& argument : command.arguments) {
      EXPECT_NE(argument.help, "") << command.name << "." << argument.name;
    }
    expect_fields(command.name, command.reply);
  }
  for (const ObjectSpec& object : reply_objects()) expect_fields(object.name, object.fields);
  for (const EventSpec& event : event_table()) expect_fields(event.name, event.data);
}

TEST(ProtocolReference, names_every_error_code_with_its_meaning) {
  const std::string page = protocol_reference();
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const auto each = static_cast<ErrorCode>(code);
    EXPECT_TRUE(names.insert(to_string(each)).second) << to_string(each) << " or " << code;
    EXPECT_EQ(error_code_from(to_string(each)), each);
    EXPECT_THAT(page, HasSubstr("| `" + std::string(to_string(each)) + "` | " +
                                std::string(meaning_of(each)) + " |"));
  }
}

TEST(ProtocolReference, says_which_right_a_command_takes) {
  const std::string page = protocol_reference();
  EXPECT_THAT(page,
              HasSubstr("### stop\n\nStops the daemon; agents go on without it.\n\nWho may: on "
                        "an instance's socket, a role with the right `all`. Scope: `manage`.\n"));
  EXPECT_THAT(page, HasSubstr("a role with the right `spawn` (or `all`)"));
}

}  // namespace
}  // namespace yardmaster
