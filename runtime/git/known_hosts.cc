#include "runtime/git/known_hosts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxFile = size_t{16} << 20;

std::string ToBase64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

// Empty when `text` is not base64.
std::string FromBase64(std::string_view text) {
  std::string out(3 * (text.size() / 4) + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return {};
  out.resize(static_cast<size_t>(length));
  while (text.ends_with('=') && !out.empty()) {
    text.remove_suffix(1);
    out.pop_back();
  }
  return out;
}

// "|1|salt|hash": the hash is HMAC-SHA1(salt, name).
bool HashedNameMatches(std::string_view pattern, const std::string& name) {
  const std::vector<std::string> parts = Split(pattern, '|');
  if (parts.size() != 4 || parts[1] != "1") return false;
  const std::string salt = FromBase64(parts[2]);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (HMAC(EVP_sha1(), salt.data(), static_cast<int>(salt.size()),
           reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(),
           &length) == nullptr) {
    return false;
  }
  return FromBase64(parts[3]) ==
         std::string_view(reinterpret_cast<const char*>(digest.data()), length);
}

// '*' and '?' as OpenSSH has them; linear in practice, quadratic at worst.
bool WildcardMatches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c != ' ' && c != '\t' && c != '\r') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

std::string KnownHostName(std::string_view host, int port) {
  return port == 22 ? std::string(host) : fmt::format("[{}]:{}", host, port);
}

Result<HostKey> ParseHostKey(std::string_view blob) {
  if (blob.size() < 4) return Fail(Code::kProtocol, "the server's host key is cut off");
  size_t length = 0;
  for (size_t i = 0; i < 4; ++i) length = (length << 8) | static_cast<unsigned char>(blob[i]);
  if (length > blob.size() - 4 || length > 64) {
    return Fail(Code::kProtocol, "the server's host key is malformed");
  }
  return HostKey{std::string(blob.substr(4, length)), ToBase64(blob)};
}

Result<KnownHosts> KnownHosts::Load(const fs::path& path) {
  Result<std::string> text = ReadFile(path, kMaxFile);
  if (!text && text.error().code == Code::kNotFound) return KnownHosts();
  if (!text) return Wrap(text.error(), "known hosts");
  return Parse(*text);
}

KnownHosts KnownHosts::Parse(std::string_view text) {
  KnownHosts out;
  for (const std::string& line : Split(text, '\n')) {
    std::vector<std::string> words = Words(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    const bool revoked = words[0] == "@revoked";
    if (words[0].starts_with('@')) {
      if (!revoked) continue;
      words.erase(words.begin());
    }
    if (words.size() >= 3) out.entries_.push_back({words[0], {words[1], words[2]}, revoked});
  }
  return out;
}

bool KnownHosts::Matches(const Entry& entry, const std::string& name) {
  if (entry.hosts.starts_with('|')) return HashedNameMatches(entry.hosts, name);
  bool matched = false;
  for (std::string pattern : Split(entry.hosts, ',')) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.erase(0, 1);
    if (!WildcardMatches(pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

HostKeyVerdict KnownHosts::Check(std::string_view host, int port, const HostKey& key) const {
  const std::string name = KnownHostName(host, port);
  HostKeyVerdict verdict = HostKeyVerdict::kUnknownHost;
  for (const Entry& entry : entries_) {
    if (!Matches(entry, name)) continue;
    const bool same = entry.key.base64 == key.base64;
    if (entry.revoked && same) return HostKeyVerdict::kRevoked;
    if (entry.revoked) continue;
    if (same) {
      verdict = HostKeyVerdict::kMatch;
    } else if (verdict == HostKeyVerdict::kUnknownHost) {
      verdict = HostKeyVerdict::kChanged;
    }
  }
  return verdict;
}

std::vector<HostKey> KnownHosts::KeysOf(std::string_view host, int port) const {
  const std::string name = KnownHostName(host, port);
  std::vector<HostKey> keys;
  for (const Entry& entry : entries_) {
    if (!entry.revoked && Matches(entry, name)) keys.push_back(entry.key);
  }
  return keys;
}

Status AppendKnownHost(const fs::path& path, std::string_view host, int port, const HostKey& key) {
  if (path.has_parent_path() && ::mkdir(path.parent_path().c_str(), 0700) != 0) {
    CARREL_TRY(MakeDirectories(path.parent_path()));
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX) != 0) return FailErrno(path.string());
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  char last = '\n';
  if (size > 0 && ::pread(fd.get(), &last, 1, size - 1) != 1) return FailErrno(path.string());
  const std::string line = fmt::format("{}{} {} {}\n", last == '\n' ? "" : "\n",
                                       KnownHostName(host, port), key.type, key.base64);
  return WriteAll(fd.get(), line);
}

}  // namespace carrel::git
