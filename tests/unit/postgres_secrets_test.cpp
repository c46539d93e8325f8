#include "coordinator/base/postgres_secrets.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

TEST(PostgresSecretsShown, all_but_the_password_is_shown_however_it_is_written) {
  EXPECT_EQ(without_password("host=db user=me password=sesame"), "user=me password=*** host=db");
  EXPECT_EQ(without_password("postgresql://me:ses%2Fame@db:5433/yard?sslmode=require"),
            "user=me password=*** dbname=yard host=db port=5433 sslmode=require");
  EXPECT_EQ(without_password("postgresql://db/yard?password=sesame"),
            "password=*** dbname=yard host=db");
  EXPECT_EQ(without_password("yard"), "yard");
  EXPECT_EQ(without_password(""), "");
}

TEST(PostgresSecretsShown, no_spelling_that_libpq_understands_shows_it) {
  for (const char* conninfo :
       {"password = 'ses\\'ame' host=db", "password=ses\\ ame host=db",
        "host=db password='ses ame'", "postgres://me:ses:a/me@db/yard",
        "postgresql://me:s@esame@db/yard", "host=db password\t=\tsesame", "PASSWORD=sesame host=db",
        "host=db password='sesame", "sslpassword=sesame host=db"}) {
    const std::string shown = without_password(conninfo);
    for (const char* part : {"ses", "same", " ame", "'ame", "a/me"}) {
      EXPECT_EQ(shown.find(part), std::string::npos) << part << " in " << shown;
    }
  }
}

TEST(PostgresSecretsShown, what_libpq_cannot_read_is_told) {
  EXPECT_FALSE(is_readable_conninfo("host=db password='sesame"));
  EXPECT_FALSE(is_readable_conninfo("host=db sesame"));
  EXPECT_TRUE(is_readable_conninfo("host=db"));
  EXPECT_TRUE(is_readable_conninfo("yard"));
}

}  // namespace
}  // namespace yardmaster
