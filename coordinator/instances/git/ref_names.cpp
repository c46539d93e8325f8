#include "coordinator/instances/git/ref_names.h"

#include <algorithm>
#include <string>

#include "coordinator/base/error.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

bool is_control_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool may_be_in_ref(char c) {
  constexpr std::string_view forbidden = " ~^:?*[\\";
  return !is_control_byte(c) && forbidden.find(c) == std::string_view::npos;
}

// Between two slashes.
bool is_valid_component(std::string_view component) {
  return !component.empty() && !component.starts_with('.') && !component.ends_with(".lock");
}

// A name of others, for a message in one line.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, 80));
  std::replace_if(text.begin(), text.end(), is_control_byte, '?');
  return "'" + text + "'";
}

}  // namespace

bool is_valid_ref_name(std::string_view name) {
  if (name == "@" || name.ends_with('.')) return false;
  if (name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos) {
    return false;
  }
  if (!std::all_of(name.begin(), name.end(), may_be_in_ref)) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (!is_valid_component(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

void require_branch_name(std::string_view name) {
  const bool taken_for_another =
      name.starts_with('-') || name == "HEAD" || name.starts_with("refs/");
  if (is_valid_ref_name(name) && !taken_for_another) return;
  throw Error(ErrorCode::invalid_request, shown(name) + " cannot be a branch's name");
}

fs::path require_worktree_place(const fs::path& path, const fs::path& forbidden) {
  const std::string& text = path.native();
  if (!path.is_absolute() || std::any_of(text.begin(), text.end(), is_control_byte)) {
    throw Error(ErrorCode::invalid_request,
                shown(text) +
                    " cannot be a worktree's place: give an absolute path without "
                    "control characters");
  }
  fs::path place = path.lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  if (is_within(place, forbidden)) {
    throw Error(ErrorCode::invalid_request,
                shown(text) + " cannot be a worktree's place: it lies in " + forbidden.string());
  }
  return place;
}

}  // namespace yardmaster
