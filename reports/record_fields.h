// The records that are kept beside the sources (decision.json, a map) share these functions: they
// read fields, naming the path of a bad one in complaints, and describe the machine. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "reports/report.h"

namespace yardmaster::reports {

// The fields of an object, which must outlive it. Every complaint is Error{usage}.
class RecordFields {
 public:
  using Json = nlohmann::ordered_json;

  // `path` is what stands before a field's name: "" or "evidence.".
  RecordFields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object_.is_object()) refuse("", "must be an object");
  }

  template <typename Value>
  void take(const char* name, Value& value) const {
    const Json& found = at(name);
    try {
      found.get_to(value);
    } catch (const Json::exception&) {
      refuse(name, "has a value of another type");
    }
  }
  const Json& at(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse(name, "is missing");
    return *found;
  }
  RecordFields object(const char* name) const { return {at(name), path_ + name + "."}; }
  // Calls `read` with the fields of each object of a list.
  template <typename Read>
  void each(const char* name, Read read) const {
    const Json& list = at(name);
    if (!list.is_array()) refuse(name, "must be a list");
    for (std::size_t i = 0; i < list.size(); ++i) {
      read(RecordFields(list[i], path_ + name + "[" + std::to_string(i) + "]."));
    }
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw Error(ErrorCode::usage, path_ + name + " " + why);
  }

 private:
  const Json& object_;
  std::string path_;
};

// Throws Error{usage} when it is not JSON, or nested too deeply.
nlohmann::ordered_json parse_record(std::string_view text);

nlohmann::ordered_json machine_json(const Environment& machine);
Environment read_machine(const RecordFields& fields);

}  // namespace yardmaster::reports
