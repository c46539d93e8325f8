#include "coordinator/instances/git/kept_files.h"

#include <regex>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/durable_names.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/git/rescue_time.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path beside_trash(const KeptPlaces& places) { return places.trash.parent_path() / ".kept"; }

fs::path note_of(const fs::path& directory) { return directory.string() + ".json"; }

std::string text_of(const KeptNote& note) {
  const json object{{"repository", note.repository},
                    {"instance", note.instance},
                    {"branch", note.branch},
                    {"commit", note.commit},
                    {"why", note.why},
                    {"time", rescue_time_text(note.time)}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// A note that cannot be read leaves its fields empty.
KeptNote read_note(const fs::path& file) {
  const json object = json::parse(read_small_file(file), nullptr, false);
  const auto text = [&](const char* key) -> std::string {
    if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
    return object[key].get<std::string>();
  };
  return {text("repository"), text("instance"), text("branch"),
          text("commit"),     text("why"),      parse_rescue_time(text("time"))};
}

void sync_file(const fs::path& file) {
  const UniqueFd opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (opened) ::fsync(opened.get());
}

// "<instance>-<time>" or, when that was taken, "<instance>-<time>-2"; false for another name.
bool take_name(const std::string& name, KeptNote& note) {
  static const std::regex form("(.+)-([0-9]{8}T[0-9]{6}Z)(-[0-9]+)?");
  std::smatch parts;
  if (!std::regex_match(name, parts, form)) return false;
  if (note.instance.empty()) note.instance = parts[1];
  if (note.time == WallTime{}) note.time = parse_rescue_time(parts[2]);
  return true;
}

void list_in(const fs::path& place, std::vector<KeptDirectory>& found) {
  std::error_code failure;
  for (fs::directory_iterator entry(place, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    KeptDirectory kept{entry->path(), read_note(note_of(entry->path()))};
    if (take_name(entry->path().filename(), kept.note)) found.push_back(std::move(kept));
  }
}

}  // namespace

fs::path keep_directory(const fs::path& directory, const KeptPlaces& places, const KeptNote& note) {
  const std::string name = note.instance + "-" + rescue_time_text(note.time);
  bool cross_device = false;
  fs::path kept = move_into(directory, places.kept_files, name, cross_device);
  if (cross_device) kept = move_into(directory, beside_trash(places), name, cross_device);
  try {
    write_small_file(note_of(kept), text_of(note));
    sync_file(note_of(kept));
  } catch (const std::exception&) {
    // A full disk: what matters has been kept.
  }
  // Its new name before its old one goes: what is unregistered after this is to be found there.
  const fs::path place = kept.parent_path();
  for (const fs::path& each : {place.parent_path(), place, directory.parent_path()}) {
    sync_directory(each);
  }
  return kept;
}

std::vector<KeptDirectory> list_kept(const KeptPlaces& places) {
  std::vector<KeptDirectory> found;
  list_in(places.kept_files, found);
  list_in(beside_trash(places), found);
  return found;
}

}  // namespace yardmaster
