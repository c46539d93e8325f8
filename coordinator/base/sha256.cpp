#include "coordinator/base/sha256.h"

#include <array>

#include <openssl/evp.h>

#include "coordinator/base/error.h"

namespace yardmaster {

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) give_up();
  }
  State(const State& other) : context(EVP_MD_CTX_new()) {
    if (context == nullptr || EVP_MD_CTX_copy_ex(context, other.context) != 1) give_up();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State& operator=(const State&) = delete;

  [[noreturn]] void give_up() {
    EVP_MD_CTX_free(context);
    throw Error(ErrorCode::internal, "libcrypto cannot set up SHA-256");
  }

  EVP_MD_CTX* context;
};

namespace {

std::string finish_hex(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(context, bytes.data(), &length);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * length);
  for (unsigned int i = 0; i < length; ++i) {
    text.push_back(digits[bytes[i] >> 4U]);
    text.push_back(digits[bytes[i] & 15U]);
  }
  return text;
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() { return finish_hex(state_->context); }

std::string Sha256::so_far() const { return finish_hex(State(*state_).context); }

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish();
}

}  // namespace yardmaster
