#include "coordinator/domain/context.h"

#include <array>

#include <openssl/evp.h>

#include "coordinator/base/error.h"

namespace yardmaster {

struct ContextDigest::Sha256 {
  Sha256() : state(EVP_MD_CTX_new()) {
    if (state == nullptr || EVP_DigestInit_ex(state, EVP_sha256(), nullptr) != 1) {
      EVP_MD_CTX_free(state);
      throw Error(ErrorCode::internal, "cannot set up SHA-256");
    }
  }
  ~Sha256() { EVP_MD_CTX_free(state); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  EVP_MD_CTX* state;
};

ContextDigest::ContextDigest() : sha256_(std::make_unique<Sha256>()) {}
ContextDigest::~ContextDigest() = default;

void ContextDigest::add(std::uint64_t seq, std::string_view kind, std::string_view data) {
  header_.assign(std::to_string(seq)).append("\n").append(kind).append("\n");
  header_.append(std::to_string(data.size())).append("\n");
  EVP_DigestUpdate(sha256_->state, header_.data(), header_.size());
  EVP_DigestUpdate(sha256_->state, data.data(), data.size());
  EVP_DigestUpdate(sha256_->state, "\n", 1);
  ++count_;
}

std::string ContextDigest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(sha256_->state, bytes.data(), &length);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * length);
  for (unsigned int i = 0; i < length; ++i) {
    text.push_back(digits[bytes[i] >> 4U]);
    text.push_back(digits[bytes[i] & 15U]);
  }
  return text;
}

}  // namespace yardmaster
