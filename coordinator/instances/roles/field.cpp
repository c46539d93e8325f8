#include "coordinator/instances/roles/field.h"

#include <algorithm>

#include "coordinator/base/error.h"

namespace yardmaster {

void Field::refuse(const std::string& why) const {
  throw Error(ErrorCode::usage, file_ + ": " + (path_.empty() ? "" : path_ + ": ") + why);
}

Field Field::at(const std::string& key) const {
  return {value_.at(key), file_, path_.empty() ? key : path_ + "." + key};
}

void Field::require_object() const {
  if (!value_.is_object()) refuse("expected an object");
}

void Field::require_keys(std::initializer_list<std::string_view> known) const {
  require_object();
  for (const auto& [key, ignored] : value_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const std::string_view each : known) list += " " + std::string(each);
    at(key).refuse("unknown key; there are:" + list);
  }
}

std::vector<std::string> Field::keys() const {
  require_object();
  std::vector<std::string> all;
  for (const auto& [key, ignored] : value_.items()) all.push_back(key);
  return all;
}

bool Field::flag() const {
  if (!value_.is_boolean()) refuse("expected true or false");
  return value_.get<bool>();
}

std::string Field::text() const {
  if (!value_.is_string()) refuse("expected a text");
  std::string text = value_.get<std::string>();
  if (text.find('\0') != std::string::npos) refuse("has a NUL byte");
  return text;
}

std::string Field::non_empty_text() const {
  std::string found = text();
  if (found.empty()) refuse("must not be empty");
  return found;
}

std::vector<Field> Field::elements() const {
  if (!value_.is_array()) refuse("expected a list of texts");
  std::vector<Field> all;
  all.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i) {
    all.emplace_back(value_[i], file_, path_ + "[" + std::to_string(i) + "]");
  }
  return all;
}

std::vector<std::string> Field::texts() const {
  std::vector<std::string> all;
  for (const Field& each : elements()) all.push_back(each.text());
  return all;
}

std::map<std::string, std::string> Field::texts_by_name() const {
  std::map<std::string, std::string> all;
  for (const std::string& name : keys()) all[name] = at(name).text();
  return all;
}

}  // namespace yardmaster
