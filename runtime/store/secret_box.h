// Keeps credentials unreadable at rest: what the database holds is sealed with a key that lives in
// a file beside it, so that a copy or a dump of the database gives nothing away.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::store {

// AES-256-GCM with a random nonce for each text. Thread-safe after Open.
class SecretBox {
 public:
  // Reads the key file, or creates it (mode 0600) at first use; of two processes that do so at
  // once both get the same key. kDenied when others than its owner may read the file.
  static Result<SecretBox> Open(const std::filesystem::path& key_file);

  SecretBox(SecretBox&&) noexcept = default;
  SecretBox& operator=(SecretBox&&) noexcept = default;
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;
  ~SecretBox();

  // Printable text. `context` names what the secret belongs to ("repository RR-1234-5678"): a
  // sealed text opens only under the context that it was sealed with.
  Result<std::string> Seal(std::string_view secret, std::string_view context) const;

  // kDenied when the text was sealed with another key or context, or was changed.
  Result<std::string> Unseal(std::string_view sealed, std::string_view context) const;

 private:
  static constexpr size_t kKeySize = 32;
  using Key = std::array<unsigned char, kKeySize>;
  explicit SecretBox(const Key& key) : key_(key) {}
  Key key_;
};

}  // namespace carrel::store
