#include "coordinator/broker/commands/arguments.h"

#include <algorithm>
#include <limits>

#include "coordinator/base/error.h"
#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/domain/message.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw Error(ErrorCode::invalid_request, "args." + std::string(name.substr(0, 64)) + ": " + why);
}

void require_number(std::string_view name, const json& value, std::uint64_t least) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= least &&
      value.get<std::uint64_t>() <= most) {
    return;
  }
  refuse(name, "must be a whole number from " + std::to_string(least));
}

const std::string& require_text(std::string_view name, const json& value) {
  if (!value.is_string()) refuse(name, "must be a string");
  return value.get_ref<const std::string&>();
}

void require_texts(std::string_view name, const json& value) {
  if (!value.is_array()) refuse(name, "must be a list of strings");
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_string()) continue;
    refuse(std::string(name) + "[" + std::to_string(i) + "]", "must be a string");
  }
}

void require_numbers(std::string_view name, const json& value) {
  if (!value.is_array() || value.empty() || value.size() > most_numbers_at_once) {
    refuse(name, "must be a list of 1 to " + std::to_string(most_numbers_at_once) + " numbers");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    require_number(std::string(name) + "[" + std::to_string(i) + "]", value[i], 1);
  }
}

void require_entries(std::string_view name, const json& value) {
  if (!value.is_array() || value.empty() || value.size() > most_entries_at_once) {
    refuse(name, "must be a list of 1 to " + std::to_string(most_entries_at_once) + " entries");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const json& entry = value[i];
    const bool is_pair =
        entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string();
    if (is_pair && is_valid_kind(entry[0].get_ref<const std::string&>())) continue;
    refuse(std::string(name) + "[" + std::to_string(i) + "]",
           "must be [kind, data], the kind 1 to 64 bytes without control characters");
  }
}

void require_choice(std::string_view name, bool is_one, const std::string& choices) {
  if (!is_one) refuse(name, "must be " + choices);
}

void require_kind(const ArgumentSpec& spec, const json& value) {
  switch (spec.kind) {
    case ArgumentKind::name:
      return require_name("args." + std::string(spec.name), require_text(spec.name, value));
    case ArgumentKind::text:
      static_cast<void>(require_text(spec.name, value));
      return;
    case ArgumentKind::entry_kind:
      return require_choice(spec.name, is_valid_kind(require_text(spec.name, value)),
                            "1 to 64 bytes without control characters");
    case ArgumentKind::entries:
      return require_entries(spec.name, value);
    case ArgumentKind::number:
      return require_number(spec.name, value, 1);
    case ArgumentKind::count:
      return require_number(spec.name, value, 0);
    case ArgumentKind::place:
      if (value.is_string()) {
        return require_name("args." + std::string(spec.name), require_text(spec.name, value));
      }
      return require_number(spec.name, value, 0);
    case ArgumentKind::boolean:
      return require_choice(spec.name, value.is_boolean(), "true or false");
    case ArgumentKind::texts:
      return require_texts(spec.name, value);
    case ArgumentKind::numbers:
      return require_numbers(spec.name, value);
    case ArgumentKind::durability: {
      const std::string& text = require_text(spec.name, value);
      return require_choice(spec.name, text == "process" || text == "power",
                            "\"process\" or \"power\"");
    }
    case ArgumentKind::recipients: {
      const std::string& text = require_text(spec.name, value);
      return require_choice(spec.name, recipients_from(text).has_value(),
                            "\"@all\" or \"@ROLE\" (of this repository), either with \"@REPO\" "
                            "after it, or \"@@all\" or \"@@ROLE\" (of the whole yard)");
    }
  }
}

}  // namespace

void require_arguments(std::span<const ArgumentSpec> specs, const json& arguments) {
  for (const auto& [name, value] : arguments.items()) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&wanted = name](const auto& each) {
      return each.name == wanted;
    });
    if (spec == specs.end()) refuse(name, "unknown field");
    require_kind(*spec, value);
  }
  for (const ArgumentSpec& spec : specs) {
    if (spec.required && !arguments.contains(spec.name)) refuse(spec.name, "is missing");
  }
}

}  // namespace yardmaster
