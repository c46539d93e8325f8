// What the protocol reference says of a command: a row of the command table without its handler.
// Plain values of constants. Any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "coordinator/broker/access/scope.h"
#include "coordinator/broker/commands/arguments.h"
#include "coordinator/broker/commands/right.h"

namespace yardmaster {

// A field of a reply, of an event or of an object within them. `type` is string, number, boolean,
// time, object, the name of an ObjectSpec, or "list of" one of these.
struct FieldSpec {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

// An object that stands in several replies and events.
struct ObjectSpec {
  std::string_view name;
  std::string_view help;
  std::span<const FieldSpec> fields;
};

struct CommandSpec {
  std::string_view name;
  Right right;  // that it takes on an instance's socket
  std::string_view help;
  std::span<const ArgumentSpec> arguments;
  std::span<const FieldSpec> reply;
  Scope scope = Scope::manage;  // that an access token has to have
};

// All of them; see command_table.cpp.
std::vector<CommandSpec> command_specs();

}  // namespace yardmaster
