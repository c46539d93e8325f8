#include "loadgen/plan/field_reader.h"

#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"

namespace yardmaster::loadgen {

FieldReader::FieldReader(const nlohmann::json& object, PathOf path_of, std::string_view own_path)
    : object_(object), path_of_(std::move(path_of)) {
  if (!object.is_object()) {
    throw Error(ErrorCode::usage, std::string(own_path) + ": must be an object, not " +
                                      std::string(object.type_name()));
  }
}

FieldReader FieldReader::at(const nlohmann::json& object, const std::string& path) {
  return {object,
          [path](std::string_view field) {
            return path.empty() ? std::string(field) : path + "." + std::string(field);
          },
          path.empty() ? "the scenario" : path};
}

const nlohmann::json* FieldReader::find(std::string_view field) {
  known_.emplace(field);
  const auto found = object_.find(field);
  return found == object_.end() ? nullptr : &*found;
}

void FieldReader::read(std::string_view field, std::string& value) {
  const auto* found = find(field);
  if (found == nullptr) return;
  if (!found->is_string()) refuse(field, "must be text in quotes, not " + found->dump());
  value = found->get<std::string>();
}

void FieldReader::read(std::string_view field, bool& value) {
  const auto* found = find(field);
  if (found == nullptr) return;
  if (!found->is_boolean()) refuse(field, "must be true or false, not " + found->dump());
  value = found->get<bool>();
}

void FieldReader::read_count(std::string_view field, std::uint64_t& value, std::uint64_t least,
                             std::uint64_t most) {
  const auto* found = find(field);
  if (found == nullptr) return;
  const bool fits = found->is_number_unsigned() && found->get<std::uint64_t>() >= least &&
                    found->get<std::uint64_t>() <= most;
  if (!fits) {
    refuse(field, "must be a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", not " + found->dump());
  }
  value = found->get<std::uint64_t>();
}

void FieldReader::read_rate(std::string_view field, double& value, double most) {
  const auto* found = find(field);
  if (found == nullptr) return;
  const bool fits = found->is_number() && found->get<double>() >= 0 && found->get<double>() <= most;
  if (!fits) {
    refuse(field,
           "must be a number from 0 to " + nlohmann::json(most).dump() + ", not " + found->dump());
  }
  value = found->get<double>();
}

void FieldReader::read_duration(std::string_view field, std::chrono::nanoseconds& value,
                                std::chrono::nanoseconds least) {
  const auto* found = find(field);
  if (found == nullptr) return;
  if (!found->is_string()) {
    refuse(field, "must be a duration in quotes, such as \"250ms\", not " + found->dump());
  }
  try {
    value = parse_duration(found->get_ref<const std::string&>());
  } catch (const Error& error) {
    refuse(field, error.what());
  }
  if (value < least) refuse(field, "must be at least " + format_duration(least));
}

void FieldReader::read_word(std::string_view field, std::string& value, std::string_view words) {
  std::string word = value;
  read(field, word);
  const std::string delimited = "|" + std::string(words) + "|";
  if (delimited.find("|" + word + "|") == std::string::npos) {
    std::string choices(words);
    for (auto bar = choices.find('|'); bar != std::string::npos; bar = choices.find('|', bar + 2)) {
      choices.replace(bar, 1, ", ");
    }
    refuse(field, "'" + word + "' is none of " + choices);
  }
  value = word;
}

void FieldReader::finish() const {
  for (const auto& [name, value] : object_.items()) {
    if (!known_.contains(name)) refuse(name, "there is no such field");
  }
}

void FieldReader::refuse(std::string_view field, const std::string& why) const {
  throw Error(ErrorCode::usage, path(field) + ": " + why);
}

}  // namespace yardmaster::loadgen
