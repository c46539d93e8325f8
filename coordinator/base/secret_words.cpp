#include "coordinator/base/secret_words.h"

#include <array>

#include <openssl/crypto.h>
#include <sys/random.h>

#include "coordinator/base/error.h"
#include "coordinator/base/sha256.h"

namespace yardmaster {

std::string new_secret() {
  std::array<char, 32> bits{};
  if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) {
    throw Error(ErrorCode::internal, "the system gives no random numbers");
  }
  return sha256_hex({bits.data(), bits.size()});
}

std::string hash_of_secret(std::string_view secret) { return sha256_hex(secret); }

bool same_hash(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace yardmaster
