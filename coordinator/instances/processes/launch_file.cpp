#include "coordinator/instances/processes/launch_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/paths.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path) {
  const ErrorCode code = errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed;
  throw Error(code, "cannot write " + path.string() + ": " + std::strerror(errno));
}

[[noreturn]] void refuse_launch(const std::string& what) {
  throw Error(ErrorCode::invalid_request, what);
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

// Words and variables may hold any bytes; JSON's strings may not, so these become lists of numbers.
json to_json(const std::string& text) {
  if (text.find('\0') != std::string::npos)
    refuse_launch("a word of a command has a zero byte in it");
  if (is_utf8(text)) return text;
  json bytes = json::array();
  for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

std::string to_string(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  for (const json& byte : value.get_ref<const json::array_t&>())
    text += static_cast<char>(byte.get<unsigned char>());
  return text;
}

// A variable's name can be any bytes as well, but only its value is worth the trouble.
json to_json(const LaunchFile& launch) {
  json words = json::array();
  for (const std::string& word : launch.argv) words.push_back(to_json(word));
  json variables = json::object();
  for (const auto& [name, value] : launch.environment) {
    if (is_utf8(name)) variables[name] = to_json(value);
  }
  json result = {{"argv", std::move(words)},
                 {"environment", std::move(variables)},
                 {"directory", to_json(launch.directory.string())}};
  if (launch.file_mask) result["file_mask"] = *launch.file_mask;
  return result;
}

LaunchFile from_json(const json& value) {
  LaunchFile launch;
  for (const json& word : value.at("argv").get_ref<const json::array_t&>())
    launch.argv.push_back(to_string(word));
  for (const auto& [name, variable] : value.at("environment").get_ref<const json::object_t&>()) {
    launch.environment[name] = to_string(variable);
  }
  launch.directory = to_string(value.at("directory"));
  if (value.contains("file_mask")) launch.file_mask = value.at("file_mask").get<unsigned>();
  return launch;
}

fs::path temporary_file_of(const fs::path& path) { return path.string() + ".tmp"; }

void write_whole(const fs::path& path, std::string_view text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) fail(path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) fail(path);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void write_launch_file(const fs::path& path, const LaunchFile& launch) {
  if (launch.argv.empty()) refuse_launch("there is no command to launch");
  const std::string text = to_text(to_json(launch));
  make_private_directory(path.parent_path());
  const fs::path unfinished = temporary_file_of(path);
  try {
    write_whole(unfinished, text);
    if (::rename(unfinished.c_str(), path.c_str()) != 0) fail(path);
  } catch (const Error&) {
    ::unlink(unfinished.c_str());
    throw;
  }
}

void remove_launch_file(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
  fs::remove(temporary_file_of(path), ignored);
}

LaunchFile read_launch_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.is_open()) {
    throw Error(ErrorCode::not_found, "there is no launch file at " + path.string());
  }
  try {
    LaunchFile launch = from_json(parse_json(text));
    if (launch.argv.empty()) refuse_launch("it has no command");
    return launch;
  } catch (const json::exception&) {
    refuse_launch(path.string() + " is not a launch file");
  } catch (const Error& error) {
    refuse_launch(path.string() + " is not a launch file: " + error.what());
  }
}

}  // namespace yardmaster
