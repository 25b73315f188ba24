// Host keys as OpenSSH stores them: whether the server that answers is the one that was meant.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::git {

enum class HostKeyVerdict { kMatch, kUnknownHost, kChanged, kRevoked };

struct HostKey {
  std::string type;    // ssh-ed25519, ...
  std::string base64;  // the key blob
};

// The type name and base64 text of a raw key blob; kProtocol when it is no key blob.
Result<HostKey> ParseHostKey(std::string_view blob);

// A known_hosts file: plain, wildcard, negated and hashed host names, [host]:port, @revoked.
// @cert-authority lines are left out: certificates are not supported.
class KnownHosts {
 public:
  // A missing file knows nobody.
  static Result<KnownHosts> Load(const std::filesystem::path& path);
  static KnownHosts Parse(std::string_view text);

  HostKeyVerdict Check(std::string_view host, int port, const HostKey& key) const;
  // The keys on record for a host, revoked ones left out.
  std::vector<HostKey> KeysOf(std::string_view host, int port) const;

 private:
  struct Entry {
    std::string hosts;
    HostKey key;
    bool revoked = false;
  };
  static bool Matches(const Entry& entry, const std::string& name);

  std::vector<Entry> entries_;
};

// "host", or "[host]:port" for another port than 22.
std::string KnownHostName(std::string_view host, int port);

// Adds one line under an exclusive lock; makes the file (0600) and its directory (0700) if missing.
Status AppendKnownHost(const std::filesystem::path& path, std::string_view host, int port,
                       const HostKey& key);

}  // namespace carrel::git
