#include "coordinator/store/postgres_arguments.h"

#include <endian.h>

namespace yardmaster {
namespace {

// pg_type.dat: the types' numbers never change.
constexpr std::uint32_t int8_type = 20;
constexpr std::uint32_t bytea_type = 17;

void append_32(std::string& text, std::uint32_t number) {
  const std::uint32_t big = htobe32(number);
  text.append(reinterpret_cast<const char*>(&big), sizeof big);
}

void append_64(std::string& text, std::int64_t number) {
  const std::uint64_t big = htobe64(static_cast<std::uint64_t>(number));
  text.append(reinterpret_cast<const char*>(&big), sizeof big);
}

void append_array_header(std::string& text, std::uint32_t type, std::size_t elements) {
  append_32(text, 1);  // dimension
  append_32(text, 0);  // no nulls
  append_32(text, type);
  append_32(text, static_cast<std::uint32_t>(elements));
  append_32(text, 1);  // first index
}

}  // namespace

PostgresArguments::PostgresArguments(std::span<const Parameter> parameters) {
  for (const Parameter& parameter : parameters) {
    if (const auto* number = std::get_if<std::int64_t>(&parameter)) {
      add(*number);
    } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
      add_bytes(*text);
    } else if (const auto* bytes = std::get_if<Bytes>(&parameter)) {
      add_bytes(bytes->data);
    } else {
      add_null();
    }
  }
}

std::string& PostgresArguments::own() { return owned_.emplace_back(); }

void PostgresArguments::add(std::int64_t number) {
  std::string& text = own();
  append_64(text, number);
  add_bytes(text);
}

void PostgresArguments::add_null() {
  values_.push_back(nullptr);
  lengths_.push_back(0);
  formats_.push_back(1);
}

void PostgresArguments::add_bytes(std::string_view bytes) {
  values_.push_back(bytes.data() == nullptr ? "" : bytes.data());
  lengths_.push_back(static_cast<int>(bytes.size()));
  formats_.push_back(1);
}

void PostgresArguments::add_array(std::span<const std::int64_t> numbers) {
  std::string& text = own();
  append_array_header(text, int8_type, numbers.size());
  for (const std::int64_t number : numbers) {
    append_32(text, sizeof number);
    append_64(text, number);
  }
  add_bytes(text);
}

void PostgresArguments::add_array(std::span<const std::string_view> byte_strings) {
  std::string& text = own();
  append_array_header(text, bytea_type, byte_strings.size());
  for (const std::string_view element : byte_strings) {
    append_32(text, static_cast<std::uint32_t>(element.size()));
    text.append(element);
  }
  add_bytes(text);
}

std::int64_t postgres_integer(std::string_view bytes) {
  std::int64_t number = 0;
  if (bytes.empty()) return number;
  if ((static_cast<unsigned char>(bytes.front()) & 0x80U) != 0) number = -1;
  for (const char byte : bytes) {
    const auto shifted = static_cast<std::uint64_t>(number) << 8U;
    number = static_cast<std::int64_t>(shifted | static_cast<unsigned char>(byte));
  }
  return number;
}

}  // namespace yardmaster
