// What is secret in a URL shows nowhere, and the rest of it does.
#include "coordinator/base/secrets.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

TEST(Secrets, of_a_url_do_not_show) {
  for (const char* url :
       {"https://bot:T0KENT0KEN@host/x.git", "https://T0KENT0KEN@host/x.git",
        "https://T0KENT0KEN:x-oauth-basic@host/x", "http://a:T0KEN%40T0KEN@host:8080/x",
        "https://a:T0KEN/T0KEN@host/x", "https://host/x.git?access_token=T0KENT0KEN",
        "https://host/x?a=1&private_token=T0KENT0KEN#T0KEN=T0KENT0KEN", "https://host/x?T0KENT0KEN",
        "ssh://git:T0KENT0KEN@host/x", "git:T0KENT0KEN@host:x", "foo::https://a:T0KENT0KEN@h/x",
        "HTTPS://a:T0KEN@T0KEN@host/x", "ftp://a:T0KENT0KEN@host"}) {
    EXPECT_EQ(without_secrets(url).find("T0KENT"), std::string::npos) << without_secrets(url);
    EXPECT_EQ(without_secrets(url).find("KEN@"), std::string::npos) << without_secrets(url);
    const std::string text =
        std::string("unable to access '") + url + "': no; https://a:T0KENT0KEN@b/";
    EXPECT_EQ(without_secrets(text).find("T0KENT0"), std::string::npos) << without_secrets(text);
  }
}

TEST(Secrets, leave_the_rest_of_a_url_as_it_is) {
  for (const char* text :
       {"https://example.org/team/api.git", "git@host:team/api.git", "ssh://git@host:22/x",
        "https://host:8080/@scope/x", "file:///home/a@b/x", "/home/a:b/x", "https://[::1]:80/x",
        "Receiving objects:  42% (417/993)", "a sentence: with :// in it", "", "C:\\x"}) {
    EXPECT_EQ(without_secrets(text), text);
  }
  EXPECT_EQ(without_secrets("https://a:b@host/x?y=z"), "https://***@host/x?y=***");
  EXPECT_EQ(without_secrets("ssh://git:b@host/x"), "ssh://git:***@host/x");
  EXPECT_EQ(without_secrets(without_secrets("https://a:b@host/x?y=z")), "https://***@host/x?y=***");
}

TEST(Secrets, of_one_url_are_hidden_in_whatever_is_said_of_it) {
  const SecretsOf secrets("https://b%6Ft1:pa%24%24word@host/x?key=k%2Fe%2Fy");
  EXPECT_EQ(secrets.hidden_in("no pa$$word, pa%24%24word, k/e/y or bot1 for https://bot1@host"),
            "no ***, ***, *** or *** for https://***@host");
  EXPECT_EQ(SecretsOf("git@host:x").hidden_in("git@host: Permission denied"),
            "git@host: Permission denied");
}

// A server on the other side may send such a word, and it is shown.
TEST(Secrets, are_looked_for_in_words_of_any_length) {
  const std::string word(1'000'000, 'x');
  EXPECT_EQ(without_secrets(word), word);
  EXPECT_EQ(without_secrets("a:" + word + "@host"), "a:***@host");
  EXPECT_EQ(without_secrets(word + ":secret@host b:c@d e@f"), word + ":***@host b:***@d e@f");
}

}  // namespace
}  // namespace yardmaster
