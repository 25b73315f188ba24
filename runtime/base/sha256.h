// SHA-256 of streams and files, for artifacts and content addresses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void Update(std::string_view bytes);
  // Lower-case hexadecimal; call once.
  std::string Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string Sha256Hex(std::string_view bytes);
// Reads the descriptor from offset 0 to its end with pread; its position does not move.
Result<std::string> Sha256OfFd(int fd);

}  // namespace carrel
