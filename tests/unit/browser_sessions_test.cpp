// How long a browser is let in, and for what.
#include "coordinator/broker/access/browser_sessions.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(BrowserSessions, an_invitation_is_good_once_and_for_ten_minutes) {
  BrowserSessions sessions;
  const SteadyTime now{};
  const std::string used = sessions.invite(now);
  const std::string late = sessions.invite(now);
  EXPECT_FALSE(sessions.accept("", now));
  EXPECT_FALSE(sessions.accept(used + "0", now));
  EXPECT_TRUE(sessions.accept(used, now));
  EXPECT_FALSE(sessions.accept(used, now));
  EXPECT_FALSE(sessions.accept(late, now + minutes(10)));
}

TEST(BrowserSessions, cookie_and_key_of_one_browser_grant_to_talk_for_twelve_hours) {
  BrowserSessions sessions;
  const SteadyTime now{};
  const auto one = *sessions.accept(sessions.invite(now), now);
  const auto other = *sessions.accept(sessions.invite(now), now);
  EXPECT_EQ(sessions.find(one.cookie, one.key, now)->scope, Scope::talk);
  EXPECT_FALSE(sessions.find(one.cookie, other.key, now));
  EXPECT_FALSE(sessions.find(one.cookie, "", now));
  EXPECT_FALSE(sessions.find("", one.key, now));
  EXPECT_TRUE(sessions.knows(one.cookie, now + hours(12) - seconds(1)));
  EXPECT_FALSE(sessions.knows(one.cookie, now + hours(12)));
  EXPECT_FALSE(sessions.find(one.cookie, one.key, now + hours(12)));
}

}  // namespace
}  // namespace yardmaster
