// What a state directory knows of its yard, in yard.json beside the database: who it is, and where
// the rest of it was at the latest start. Any thread; reads and writes block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace yardmaster {

struct YardRecord {
  std::uint64_t id = 0;  // random; the database holds it too
  std::filesystem::path state_dir;
  std::filesystem::path runtime_dir;
  std::string store;         // the name of a StoreKind
  std::string location;      // of the database, for people
  std::string token_prefix;  // what its agents' tokens begin with (instance_token.h)
};

// 16 hexadecimal digits.
std::string yard_name(std::uint64_t id);
std::uint64_t new_yard_id();

// nullopt when there is none. Throws Error{usage} when there is one that cannot be read.
std::optional<YardRecord> read_yard_record(const std::filesystem::path& state_dir);
// Whole or not at all, also after a power cut. Throws Error{usage}.
void write_yard_record(const YardRecord& record);

// The same mark in a runtime directory says whose sockets are in it: only `id` and `state_dir`
// count then. An unreadable mark is none.
std::optional<YardRecord> read_runtime_mark(const std::filesystem::path& runtime_dir);
void write_runtime_mark(const YardRecord& record);

// Whether both names lead to one directory; of those that are not there, whether they are spelt
// alike.
bool is_same_directory(const std::filesystem::path& one, const std::filesystem::path& other);

}  // namespace yardmaster
