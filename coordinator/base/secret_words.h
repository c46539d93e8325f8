// Words that nobody guesses, and telling whether one was shown. Only their hashes are kept: with
// 256 random bits there is nothing that a slow hash would add. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster {

// 64 hexadecimal digits from the system's generator. Throws Error{internal} without one.
std::string new_secret();

// What is kept of a secret.
std::string hash_of_secret(std::string_view secret);

// Takes as long whether the hashes differ in the first place or the last.
bool same_hash(std::string_view one, std::string_view other);

}  // namespace yardmaster
