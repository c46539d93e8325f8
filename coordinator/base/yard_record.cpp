#include "coordinator/base/yard_record.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <random>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/private_file.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* record_name = "yard.json";

std::uint64_t parse_yard_name(const std::string& name) {
  std::uint64_t id = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), id, 16);
  if (failure != std::errc() || end != name.data() + name.size() || id == 0) {
    throw Error(ErrorCode::usage, "'" + name + "' is not the name of a yard");
  }
  return id;
}

YardRecord parse_record(const json& content) {
  YardRecord record;
  record.id = parse_yard_name(content.at("yard").get<std::string>());
  record.state_dir = content.at("state_dir").get<std::string>();
  record.runtime_dir = content.value("runtime_dir", "");
  record.store = content.value("store", "");
  record.location = content.value("location", "");
  record.token_prefix = content.value("token_prefix", "");
  return record;
}

json record_json(const YardRecord& record) {
  return {{"yard", yard_name(record.id)},
          {"state_dir", record.state_dir.string()},
          {"runtime_dir", record.runtime_dir.string()},
          {"tmux_socket", (record.runtime_dir / "tmux.sock").string()},
          {"store", record.store},
          {"location", record.location},
          {"token_prefix", record.token_prefix}};
}

}  // namespace

std::string yard_name(std::uint64_t id) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
  return text.data();
}

// 63 bits, as a database's numbers have.
std::uint64_t new_yard_id() {
  std::random_device random;
  const std::uint64_t bits = (static_cast<std::uint64_t>(random()) << 32U) | random();
  return (bits >> 1U) | 1U;
}

std::optional<YardRecord> read_yard_record(const fs::path& state_dir) {
  const fs::path file = state_dir / record_name;
  std::error_code failure;
  if (!fs::exists(file, failure)) return std::nullopt;
  try {
    return parse_record(read_json_file(file));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::usage, file.string() + ": cannot be read (" + error.what() +
                                      "); it says whose the state directory is: put it right, or "
                                      "remove it when no agent lives");
  }
}

void write_yard_record(const YardRecord& record) {
  replace_private_file(record.state_dir / record_name, to_text(record_json(record)) + "\n",
                       Lasting::for_good);
}

std::optional<YardRecord> read_runtime_mark(const fs::path& runtime_dir) {
  try {
    return read_yard_record(runtime_dir);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_runtime_mark(const YardRecord& record) {
  const json mark{{"yard", yard_name(record.id)}, {"state_dir", record.state_dir.string()}};
  replace_private_file(record.runtime_dir / record_name, to_text(mark) + "\n",
                       Lasting::until_reboot);
}

bool is_same_directory(const fs::path& one, const fs::path& other) {
  std::error_code failure;
  if (fs::equivalent(one, other, failure) && !failure) return true;
  return one.lexically_normal() == other.lexically_normal();
}

}  // namespace yardmaster
