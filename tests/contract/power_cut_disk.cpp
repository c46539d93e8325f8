#include "tests/contract/power_cut_disk.h"

#include <algorithm>
#include <stdexcept>

namespace yardmaster::support {
namespace {

using Kind = DiskEvent::Kind;

void write_bytes(std::string& content, std::size_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

// Sectors are those of the disk, so that the first and the last piece may be shorter ones.
void write_torn(std::string& content, std::size_t offset, std::string_view bytes,
                std::uint64_t tear) {
  for (std::size_t sector = 0; !bytes.empty(); ++sector) {
    const std::size_t in_sector = PowerCutDisk::sector_bytes - offset % PowerCutDisk::sector_bytes;
    const std::string_view piece = bytes.substr(0, in_sector);
    if ((tear >> (sector % 64) & 1U) != 0) write_bytes(content, offset, piece);
    bytes.remove_prefix(piece.size());
    offset += piece.size();
  }
}

void change_content(std::string& content, const DiskEvent& event, Fate fate, std::uint64_t tear) {
  if (fate == Fate::lost) return;
  const auto offset = static_cast<std::size_t>(event.offset);
  if (event.kind == Kind::truncate) {
    content.resize(offset);
  } else if (fate == Fate::kept) {
    write_bytes(content, offset, event.data);
  } else {
    write_torn(content, offset, event.data, tear);
  }
}

}  // namespace

std::size_t PowerCutDisk::file_named(const std::string& name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) throw std::logic_error("no file " + name + " was made");
  return found->second;
}

void PowerCutDisk::apply(const DiskEvent& event) {
  switch (event.kind) {
    case Kind::create:
      names_[event.file] = files_.size();
      unsynced_.push_back({true, files_.size(), &event});
      files_.emplace_back();
      break;
    case Kind::remove:
      unsynced_.push_back({true, file_named(event.file), &event});
      names_.erase(event.file);
      break;
    case Kind::write:
    case Kind::truncate:
      unsynced_.push_back({false, file_named(event.file), &event});
      break;
    case Kind::sync:
      sync(file_named(event.file));
      break;
    case Kind::sync_directory:
      sync_names();
      break;
    case Kind::note:
      break;
  }
}

void PowerCutDisk::sync(std::size_t file) {
  std::erase_if(unsynced_, [&](const Change& change) {
    if (change.is_name || change.file != file) return false;
    change_content(files_[file], *change.event, Fate::kept, 0);
    return true;
  });
}

void PowerCutDisk::sync_names() {
  safe_names_ = names_;
  std::erase_if(unsynced_, [](const Change& change) { return change.is_name; });
}

std::map<std::string, std::string> PowerCutDisk::after_cut(const FateOf& fate_of,
                                                           std::uint64_t tear) const {
  auto names = safe_names_;
  std::map<std::size_t, std::string> changed;
  for (std::size_t i = 0; i < unsynced_.size(); ++i) {
    const Change& change = unsynced_[i];
    const Fate fate = fate_of(i);
    if (!change.is_name) {
      const auto place = changed.try_emplace(change.file, files_[change.file]).first;
      change_content(place->second, *change.event, fate, tear);
    } else if (fate == Fate::kept && change.event->kind == Kind::create) {
      names[change.event->file] = change.file;
    } else if (fate == Fate::kept) {
      names.erase(change.event->file);
    }
  }
  std::map<std::string, std::string> content;
  for (const auto& [name, file] : names) {
    const auto found = changed.find(file);
    content[name] = found == changed.end() ? files_[file] : found->second;
  }
  return content;
}

}  // namespace yardmaster::support
