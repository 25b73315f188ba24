#include "runtime/store/secret_box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"

namespace carrel::store {
namespace {

constexpr std::string_view kPrefix = "v1:";
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string Encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(Bytes(out), Bytes(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

// Empty when the text is not base64 as Encode writes it.
std::string Decode(std::string_view text) {
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(Bytes(out), Bytes(text), static_cast<int>(text.size()));
  if (size < 0) return {};
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<size_t>(size) - padding);
  // The last character has bits that decoding drops: only one spelling of a text is accepted.
  return Encode(out) == text ? out : std::string();
}

Status FillRandom(void* data, size_t size) {
  if (::getrandom(data, size, 0) != static_cast<ssize_t>(size)) return FailErrno("getrandom");
  return {};
}

// Writes the key under a temporary name and links it into place, so that the file is never seen
// half written and the first of two writers wins.
Status CreateKeyFile(const std::filesystem::path& path, std::string_view key) {
  const std::string temporary = path.string() + ".new-" + RandomHex(6);
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return FailErrno(path.string());
  Status written = WriteAll(fd.get(), key);
  if (written && ::fsync(fd.get()) != 0) written = FailErrno("fsync");
  if (written && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    written = FailErrno("link");
  }
  ::unlink(temporary.c_str());
  if (!written) return Wrap(written.error(), path.string());
  return SyncDirectory(path.has_parent_path() ? path.parent_path() : ".");
}

// Ties the context to the cipher as associated data.
bool Associate(EVP_CIPHER_CTX* cipher, std::string_view context,
               int (*update)(EVP_CIPHER_CTX*, unsigned char*, int*, const unsigned char*, int)) {
  int size = 0;
  return update(cipher, nullptr, &size, Bytes(context), static_cast<int>(context.size())) == 1;
}

std::unexpected<Error> Unreadable(std::string_view context) {
  return Fail(Code::kDenied,
              fmt::format("the stored credential of {} cannot be opened: the key file is not the "
                          "one that sealed it, or the text was changed",
                          context));
}

}  // namespace

SecretBox::~SecretBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

Result<SecretBox> SecretBox::Open(const std::filesystem::path& key_file) {
  std::error_code error;
  if (!std::filesystem::exists(key_file, error)) {
    std::string fresh(kKeySize, '\0');
    CARREL_TRY(FillRandom(fresh.data(), fresh.size()));
    Status created = CreateKeyFile(key_file, fresh);
    OPENSSL_cleanse(fresh.data(), fresh.size());
    CARREL_TRY(created);
  }
  struct stat info{};
  if (::stat(key_file.c_str(), &info) != 0) return FailErrno(key_file.string());
  if ((info.st_mode & 0077) != 0) {
    return Fail(Code::kDenied,
                fmt::format("{}: mode {:04o} lets others read the key, expected 0600",
                            key_file.string(), info.st_mode & 07777));
  }
  CARREL_ASSIGN_OR_RETURN(std::string bytes, ReadFile(key_file, 4096));
  if (bytes.size() != kKeySize) {
    return Fail(Code::kInvalid, fmt::format("{}: {} bytes, expected {}", key_file.string(),
                                            bytes.size(), kKeySize));
  }
  Key key;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  SecretBox box(key);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  OPENSSL_cleanse(key.data(), key.size());
  return box;
}

Result<std::string> SecretBox::Seal(std::string_view secret, std::string_view context) const {
  std::string sealed(kNonceSize + secret.size() + kTagSize, '\0');
  CARREL_TRY(FillRandom(sealed.data(), kNonceSize));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  int tail = 0;
  unsigned char* body = Bytes(sealed) + kNonceSize;
  const bool done = cipher != nullptr &&
                    EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                                       Bytes(sealed)) == 1 &&
                    Associate(cipher.get(), context, EVP_EncryptUpdate) &&
                    EVP_EncryptUpdate(cipher.get(), body, &size, Bytes(secret),
                                      static_cast<int>(secret.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), body + size, &tail) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG,
                                        static_cast<int>(kTagSize), body + secret.size()) == 1;
  if (!done) return Fail(Code::kInternal, fmt::format("sealing the credential of {}", context));
  return std::string(kPrefix) + Encode(sealed);
}

Result<std::string> SecretBox::Unseal(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(kPrefix)) return Unreadable(context);
  std::string raw = Decode(sealed.substr(kPrefix.size()));
  if (raw.size() < kNonceSize + kTagSize) return Unreadable(context);
  const size_t length = raw.size() - kNonceSize - kTagSize;
  std::string secret(length + 1, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  int tail = 0;
  unsigned char* body = Bytes(raw) + kNonceSize;
  const bool done =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), Bytes(raw)) == 1 &&
      Associate(cipher.get(), context, EVP_DecryptUpdate) &&
      EVP_DecryptUpdate(cipher.get(), Bytes(secret), &size, body, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize),
                          body + length) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(secret) + size, &tail) == 1;
  if (!done) return Unreadable(context);
  secret.resize(length);
  return secret;
}

}  // namespace carrel::store
