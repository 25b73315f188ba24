// The values that the git room takes and gives: where a repository is, how to get in, what was
// found. No behaviour.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/unique_fd.h"

namespace carrel::git {

// For http(s). A token goes into `password`; a server that looks at the token alone takes any user.
struct PasswordCredentials {
  std::string user;
  std::string password;
};

// For ssh. The key itself, or the file that holds it; `key` wins. ed25519 and ECDSA keys; an RSA
// key is refused by servers that no longer take SHA-1 signatures.
struct SshKeyCredentials {
  std::string key;
  std::filesystem::path file;
  std::string passphrase;
};

// For ssh: whatever the agent at SSH_AUTH_SOCK holds.
struct SshAgentCredentials {};

using Credentials =
    std::variant<std::monostate, PasswordCredentials, SshKeyCredentials, SshAgentCredentials>;

enum class HostKeyPolicy {
  kStrict,     // the server's key must be in the known hosts file
  kAcceptNew,  // a server without any entry is recorded there; a changed key is refused still
};

struct Source {
  std::string url;
  Credentials credentials;
  HostKeyPolicy host_keys = HostKeyPolicy::kStrict;
  std::filesystem::path known_hosts;  // empty: ~/.ssh/known_hosts
  std::filesystem::path ca_file;      // PEM, for https; empty: the system's authorities
};

struct SyncLimits {
  uint64_t max_bytes = uint64_t{1} << 30;  // received in one sync
  uint64_t max_objects = 1'000'000;        // received in one sync
  // Inflated, of an object that is sent as a difference to another one: such a one is built up in
  // memory, and a few bytes can ask for any size. Other objects are streamed to the disk as sent.
  uint64_t max_object_bytes = uint64_t{512} << 20;
  std::chrono::milliseconds deadline = std::chrono::seconds(300);
};

struct SyncProgress {
  std::string stage;  // waiting, connecting, receiving, indexing, updating
  uint64_t received_objects = 0;
  uint64_t total_objects = 0;
  uint64_t received_bytes = 0;
};

struct SyncOptions {
  SyncLimits limits;
  std::function<void(const SyncProgress&)> progress;  // called in the calling thread
  std::stop_token stop;
};

struct SyncReport {
  uint64_t received_objects = 0;
  uint64_t received_bytes = 0;
  uint64_t updated_refs = 0;  // new or moved
  uint64_t deleted_refs = 0;
  std::string default_branch;  // "" when the remote has none
};

enum class RefKind { kTag, kBranch, kCommit };

struct Commit {
  std::string id;    // 40 hexadecimal digits
  std::string name;  // of the tag or branch; the id for a commit
  RefKind kind = RefKind::kCommit;
  std::chrono::sys_seconds time;  // committer's
  std::string tree_id;            // names its checkout
};

struct ExportLimits {
  uint64_t max_files = 20'000;  // files and directories
  uint64_t max_bytes = uint64_t{512} << 20;
  uint64_t max_file_bytes = uint64_t{64} << 20;
  int max_depth = 32;
};

struct Checkout {
  std::filesystem::path path;  // absolute; directories 0555, files 0444
  std::string tree_id;         // of git's tree, or the sha256 of a plain directory
  uint64_t files = 0;
  uint64_t bytes = 0;
  // Keeps the files from being removed. Owners: the copies of this value. Null in what the room
  // hands around inside.
  std::shared_ptr<const UniqueFd> hold = nullptr;
};

}  // namespace carrel::git
