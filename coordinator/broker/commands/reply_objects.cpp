#include "coordinator/broker/commands/reply_objects.h"

namespace yardmaster {
namespace {

constexpr ObjectSpec objects[] = {
    {"entry", "An entry of a context.", reply::entry},
    {"message", "A message.", reply::message},
    {"dead_letter", "A message that nobody is going to read.", reply::dead_letter},
    {"handoff", "A handoff of a context.", reply::handoff},
    {"instance", "An instance that lives, or how it ended. A list cuts long texts.",
     reply::instance},
    {"detail", "More of an instance.", reply::detail},
    {"allocation", "An instance as it was made.", reply::allocation},
    {"waiting", "A persistent instance that does not live now.", reply::waiting},
    {"repository", "A repository.", reply::repository},
    {"role", "A role.", reply::role},
    {"rescue", "Work that was saved when an instance ended.", reply::rescue},
    {"action", "What upkeep did or would do.", reply::action},
    {"token", "An access token.", reply::token}};

}  // namespace

std::span<const ObjectSpec> reply_objects() { return objects; }

std::span<const FieldSpec> fields_of(std::string_view object) {
  for (const ObjectSpec& each : objects) {
    if (each.name == object) return each.fields;
  }
  return {};
}

}  // namespace yardmaster
