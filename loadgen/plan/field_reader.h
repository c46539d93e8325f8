// Takes an object of a scenario (or what flags say, in the same form) apart, field by field, and
// refuses what is left over. Every complaint is Error{usage} and begins with the path of the field,
// such as `runs[2].interval` or `--interval`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace yardmaster::loadgen {

class FieldReader {
 public:
  using PathOf = std::function<std::string(std::string_view field)>;

  // `path_of` turns a field's name into what complaints call it. The object must outlive the
  // reader. Throws when it is no object.
  FieldReader(const nlohmann::json& object, PathOf path_of, std::string_view own_path);
  static FieldReader at(const nlohmann::json& object, const std::string& path);

  // The field's value, or null when it is absent; marks it as known.
  const nlohmann::json* find(std::string_view field);

  // Each of these leaves `value` alone when the field is absent.
  void read(std::string_view field, std::string& value);
  void read(std::string_view field, bool& value);
  void read_count(std::string_view field, std::uint64_t& value, std::uint64_t least,
                  std::uint64_t most);
  void read_rate(std::string_view field, double& value, double most);
  void read_duration(std::string_view field, std::chrono::nanoseconds& value,
                     std::chrono::nanoseconds least);
  // Reads one of several words, which `words` separates by '|'.
  void read_word(std::string_view field, std::string& value, std::string_view words);

  // Refuses fields that nobody asked for.
  void finish() const;

  std::string path(std::string_view field) const { return path_of_(field); }
  [[noreturn]] void refuse(std::string_view field, const std::string& why) const;

 private:
  const nlohmann::json& object_;
  PathOf path_of_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace yardmaster::loadgen
