// The files that people write: roles.json and the configuration. A configuration is also
// what a daemon hands on to the program that takes its place.
#include <filesystem>
#include <fstream>
#include <string>

#include "coordinator/base/config.h"
#include "coordinator/instances/roles/roles.h"
#include "loadgen/databases/fresh_directory.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

// A file that stays where it is from one call to the next.
const std::filesystem::path& file_with(std::string_view text) {
  static const loadgen::FreshDirectory place(std::filesystem::temp_directory_path());
  static const std::filesystem::path file = place.path() / "input.json";
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

ConfigSources sources(std::string_view text) {
  ConfigSources sources;
  sources.file = file_with(text);
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/nowhere";
    return std::nullopt;
  };
  return sources;
}

}  // namespace

void roles(std::string_view input) {
  (void)accepted([&] {
    const Roles loaded = Roles::load(file_with(input));
    for (const Role& role : loaded.all()) {
      for (const std::string& server : role.mcp_servers) {
        (void)accepted([&] { (void)loaded.mcp_definition(server); });
      }
    }
  });
}

void config(std::string_view input) {
  LoadedConfig loaded;
  if (!accepted([&] { loaded = load_config(sources(input)); })) return;
  const std::string text = settings_text(loaded.config);
  require(settings_text(config_from_settings(text)) == text, "handed on as another");
}

}  // namespace yardmaster::fuzz
