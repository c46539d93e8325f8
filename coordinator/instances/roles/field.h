// A field is one value of a file that a person wrote, with the path by which complaints call it:
// "…/roles.json: roles.reviewer.mcp_servers[0]: …". Every reader throws Error{usage} when the value
// is not what it is for. The value must outlive it. Any thread.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace yardmaster {

class Field {
 public:
  Field(const nlohmann::json& value, std::string file, std::string path)
      : value_(value), file_(std::move(file)), path_(std::move(path)) {}

  [[noreturn]] void refuse(const std::string& why) const;

  bool has(const std::string& key) const { return value_.contains(key); }
  Field at(const std::string& key) const;
  void require_object() const;
  void require_keys(std::initializer_list<std::string_view> known) const;
  std::vector<std::string> keys() const;

  bool flag() const;
  std::string text() const;
  std::string non_empty_text() const;
  std::vector<Field> elements() const;
  std::vector<std::string> texts() const;
  std::map<std::string, std::string> texts_by_name() const;
  const nlohmann::json& value() const { return value_; }

 private:
  const nlohmann::json& value_;
  std::string file_;
  std::string path_;
};

}  // namespace yardmaster
