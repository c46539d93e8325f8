#include "coordinator/broker/access/browser_sessions.h"

#include "coordinator/base/secret_words.h"

namespace yardmaster {
namespace {

constexpr auto longest_invitation = std::chrono::minutes(10);
constexpr auto longest_visit = std::chrono::hours(12);
constexpr std::size_t most_kept = 32;

}  // namespace

std::string BrowserSessions::invite(SteadyTime now) {
  std::string invitation = new_secret();
  invitations_.push_back({hash_of_secret(invitation), now});
  if (invitations_.size() > most_kept) invitations_.pop_front();
  return invitation;
}

std::optional<BrowserSessions::Keys> BrowserSessions::accept(std::string_view invitation,
                                                             SteadyTime now) {
  const std::string hash = hash_of_secret(invitation);
  bool is_good = false;
  for (Invitation& each : invitations_) {
    if (!same_hash(each.hash, hash)) continue;
    is_good = now - each.made < longest_invitation;
    each.hash.clear();
  }
  std::erase_if(invitations_, [](const Invitation& each) { return each.hash.empty(); });
  if (!is_good) return std::nullopt;
  Keys keys{new_secret(), new_secret()};
  visits_.push_back({hash_of_secret(keys.cookie), hash_of_secret(keys.key), now});
  if (visits_.size() > most_kept) visits_.pop_front();
  return keys;
}

bool BrowserSessions::knows(std::string_view cookie, SteadyTime now) const {
  const std::string hash = hash_of_secret(cookie);
  bool known = false;
  for (const Visit& each : visits_) {
    known = known || (same_hash(each.cookie_hash, hash) && now - each.began < longest_visit);
  }
  return known;
}

std::optional<Access> BrowserSessions::find(std::string_view cookie, std::string_view key,
                                            SteadyTime now) const {
  const std::string cookie_hash = hash_of_secret(cookie);
  const std::string key_hash = hash_of_secret(key);
  std::optional<Access> access;
  for (const Visit& each : visits_) {
    const bool both =
        same_hash(each.cookie_hash, cookie_hash) && same_hash(each.key_hash, key_hash);
    if (both && now - each.began < longest_visit) access = Access{Scope::talk, each.cookie_hash};
  }
  return access;
}

}  // namespace yardmaster
