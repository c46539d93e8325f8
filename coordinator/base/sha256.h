// SHA-256 by libcrypto. An object belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace yardmaster {

class Sha256 {
 public:
  Sha256();  // throws Error{internal} when libcrypto cannot
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // Lower-case hexadecimal, 64 characters. Nothing may be added afterwards.
  std::string finish();
  // The same, and more may be added.
  std::string so_far() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace yardmaster
