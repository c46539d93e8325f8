// Takes what is secret in URLs out of what is shown, stored or logged: passwords and tokens, as
// `https://bot:TOKEN@host/…` and `…?access_token=TOKEN` have them. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// A URL, or any text with URLs in it, with "***" for each secret. Of ssh the user stays.
std::string without_secrets(std::string_view text);

// Hides the secrets of one URL wherever they stand in a text, percent-encoded or not.
class SecretsOf {
 public:
  explicit SecretsOf(std::string_view url);

  std::string hidden_in(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  // the longest first
};

// Shows variables ("NAME=value") as "NAME=***": what is set may be a secret.
std::vector<std::string> without_values(std::vector<std::string> entries);

}  // namespace yardmaster
