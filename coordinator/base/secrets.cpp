#include "coordinator/base/secrets.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <regex>
#include <utility>

#include "coordinator/base/text_edits.h"

namespace yardmaster {
namespace {

constexpr std::string_view asterisks = "***";
constexpr std::string_view scheme_end = "://";
// Shorter ones would be found in other words.
constexpr std::size_t least_secret = 4;

bool is_of_scheme(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '.' || c == '-';
}

bool ends_url(char c) {
  constexpr std::string_view ends = "'\"<>`";
  return static_cast<unsigned char>(c) <= 0x20 || ends.find(c) != std::string_view::npos;
}

struct UrlParts {
  std::string_view scheme;    // with what stands before it
  std::string_view user;      // before the last '@': user, or user:password
  std::string_view rest;      // host and path
  std::string_view query;     // with its '?'
  std::string_view fragment;  // with its '#'
  bool has_user = false;

  bool is_ssh() const { return scheme.ends_with("ssh") || scheme.ends_with("git"); }
};

// A password may have a '/' in it that should have been encoded; then no port follows the colon.
std::size_t end_of_user(std::string_view place) {
  const std::string_view authority = place.substr(0, place.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at != std::string_view::npos || colon == std::string_view::npos) return at;
  const std::string_view port = authority.substr(colon + 1);
  const bool is_port =
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return is_port || authority.starts_with('[') ? std::string_view::npos : place.rfind('@');
}

UrlParts parts_of(std::string_view scheme, std::string_view place) {
  UrlParts parts;
  parts.scheme = scheme;
  const std::size_t at = end_of_user(place);
  parts.has_user = at != std::string_view::npos;
  if (parts.has_user) {
    parts.user = place.substr(0, at);
    place.remove_prefix(at + 1);
  }
  const std::size_t hash = std::min(place.find('#'), place.size());
  parts.fragment = place.substr(hash);
  place = place.substr(0, hash);
  const std::size_t question = std::min(place.find('?'), place.size());
  parts.query = place.substr(question);
  parts.rest = place.substr(0, question);
  return parts;
}

// "?a=1&b" and "#token=1": what stands behind a '=', and each word without one but in fragments.
template <class Visit>
void visit_values(std::string_view list, Visit visit) {
  const bool bare_ones_count = list.starts_with('?');
  if (!list.empty()) list.remove_prefix(1);
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find_first_of("&;"));
    const std::size_t equals = item.find('=');
    if (equals != std::string_view::npos)
      visit(item.substr(0, equals + 1), item.substr(equals + 1));
    if (equals == std::string_view::npos)
      visit(bare_ones_count ? "" : item, bare_ones_count ? item : "");
    list.remove_prefix(std::min(item.size() + 1, list.size()));
  }
}

std::string masked_list(std::string_view list) {
  std::string shown;
  visit_values(list, [&](std::string_view name, std::string_view value) {
    shown += shown.empty() ? list.front() : '&';
    shown += name;
    if (!value.empty()) shown += asterisks;
  });
  return shown.empty() ? std::string(list) : shown;
}

std::string masked(const UrlParts& parts) {
  std::string shown = std::string(parts.scheme) + std::string(scheme_end);
  if (parts.has_user) {
    const std::size_t colon = parts.user.find(':');
    if (!parts.is_ssh()) {
      shown += asterisks;
    } else {
      shown += parts.user.substr(0, colon);
      if (colon != std::string_view::npos) shown.append(":").append(asterisks);
    }
    shown += '@';
  }
  shown += parts.rest;
  return shown + masked_list(parts.query) + masked_list(parts.fragment);
}

bool is_of_lone_user(char c) {
  constexpr std::string_view others = "'\"/:@=";
  return std::isspace(static_cast<unsigned char>(c)) == 0 &&
         others.find(c) == std::string_view::npos;
}

bool is_of_lone_password(char c) {
  constexpr std::string_view others = "'\"/:@*";
  return std::isspace(static_cast<unsigned char>(c)) == 0 &&
         others.find(c) == std::string_view::npos;
}

// "user:password@host:path", which is no URL, but taken for a place by some. A program may write a
// word of any length, so no regular expression, which would recurse over it.
std::string without_lone_passwords(const std::string& text) {
  std::string shown;
  std::size_t copied = 0;
  for (std::size_t at = 0; (at = text.find('@', at)) != std::string::npos; ++at) {
    std::size_t begin = at;
    while (begin > copied && is_of_lone_password(text[begin - 1])) --begin;
    const bool follows_user = begin < at && begin >= copied + 2 && text[begin - 1] == ':' &&
                              is_of_lone_user(text[begin - 2]);
    if (!follows_user) continue;
    shown.append(text, copied, begin - copied).append(asterisks);
    copied = at;
  }
  return shown.append(text, copied);
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const char* digits = text.data() + at + 1;
    const bool encoded = text[at] == '%' && at + 2 < text.size() &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    plain += encoded ? static_cast<char>(byte) : text[at];
    if (encoded) at += 2;
  }
  return plain;
}

}  // namespace

std::string without_secrets(std::string_view text) {
  std::string shown;
  std::string between;
  const auto finish = [&] { shown += without_lone_passwords(std::exchange(between, {})); };
  while (!text.empty()) {
    const std::size_t found = text.find(scheme_end);
    std::size_t begin = found;
    while (begin != std::string_view::npos && begin > 0 && is_of_scheme(text[begin - 1])) --begin;
    if (found == std::string_view::npos || begin == found) {
      const std::size_t passed = found == std::string_view::npos ? text.size() : found + 3;
      between += text.substr(0, passed);
      text.remove_prefix(passed);
      continue;
    }
    between += text.substr(0, begin);
    finish();
    const std::string_view scheme = text.substr(begin, found - begin);
    text.remove_prefix(found + scheme_end.size());
    const auto end = std::find_if(text.begin(), text.end(), ends_url);
    const auto length = static_cast<std::size_t>(end - text.begin());
    shown += masked(parts_of(scheme, text.substr(0, length)));
    text.remove_prefix(length);
  }
  finish();
  return shown;
}

SecretsOf::SecretsOf(std::string_view url) {
  const auto add = [this](std::string_view secret) {
    for (const std::string& form : {std::string(secret), decoded(secret)}) {
      if (form.size() >= least_secret) secrets_.push_back(form);
    }
  };
  const std::size_t found = url.find(scheme_end);
  if (found == std::string_view::npos) return;
  const UrlParts parts = parts_of(url.substr(0, found), url.substr(found + scheme_end.size()));
  const std::size_t colon = std::min(parts.user.find(':'), parts.user.size());
  if (!parts.is_ssh()) add(parts.user.substr(0, colon));
  if (colon < parts.user.size()) add(parts.user.substr(colon + 1));
  for (const std::string_view list : {parts.query, parts.fragment}) {
    visit_values(list, [&](std::string_view, std::string_view value) { add(value); });
  }
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& one, const auto& other) { return one.size() > other.size(); });
}

std::string SecretsOf::hidden_in(std::string_view text) const {
  std::string shown = without_secrets(text);
  for (const std::string& secret : secrets_) {
    shown = replaced(std::move(shown), secret, asterisks);
  }
  return shown;
}

std::vector<std::string> without_values(std::vector<std::string> entries) {
  for (std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) entry.replace(equals + 1, std::string::npos, "***");
  }
  return entries;
}

}  // namespace yardmaster
