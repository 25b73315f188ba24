// What Python reports of a repository import beyond the SDK: one directory of packages for each
// distinct set of requirements, built once from wheels, shared and read-only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/template/requirements.h"

namespace carrel::report {

struct Environment {
  std::filesystem::path path;  // absolute; empty: nothing needs to be installed
  // Keeps the files from being removed. Owners: the copies of this value.
  std::shared_ptr<const UniqueFd> hold = nullptr;
};

struct EnvironmentRequest {
  std::filesystem::path checkout;
  std::string requirements;             // the file that reports.json names; empty: none
  std::function<void()> on_build = {};  // called before packages are installed
  std::stop_token stop = {};
};

// Thread-safe.
class Environments {
 public:
  virtual ~Environments() = default;
  // Found or built. kInvalid with every line that is refused, before anything runs; kNotFound and
  // kUnreachable with the package and the index; kLimit, kTimeout, kCancelled, kSandbox.
  virtual Result<Environment> Get(const EnvironmentRequest& request) = 0;
};

enum class Installing : uint8_t {
  kAllowed,
  kOff,  // requirements are read by nobody: reports get along with what is there
};

struct EnvironmentOptions {
  std::filesystem::path root;        // below the store, readable by all
  std::vector<std::string> command;  // a program whose main calls InstallerMain()
  Installing installing = Installing::kAllowed;
  std::string index_url;          // of wheels, PEP 503; empty: pip's own configuration
  std::string index_credentials;  // "user:password"; empty: none
  std::filesystem::path ca_file;
  std::chrono::milliseconds deadline = std::chrono::minutes(5);
  uint64_t max_bytes = uint64_t{512} << 20;
  uint64_t max_files = 50'000;
  int keep = 32;  // environments; beyond them the least recently used that nobody holds go
};

// Any number of processes may share the root.
class EnvironmentStore final : public Environments {
 public:
  explicit EnvironmentStore(EnvironmentOptions options) : options_(std::move(options)) {}

  Result<Environment> Get(const EnvironmentRequest& request) override;

  // Names the environment of a set of requirements: the sha256 of their lines, Python's ABI and
  // what the SDK provides.
  static std::string Address(std::span<const manifest::Requirement> lines);

  // Removes the environments beyond `keep`.
  Status Trim() const;
  // Removes what builds that died left behind. Returns how many directories that were.
  Result<int> Sweep() const;

 private:
  Result<Environment> Find(const std::string& address) const;
  // In line behind whoever builds the same.
  Result<UniqueFd> LockBuild(const std::string& address, const std::stop_token& stop) const;
  Status Build(const std::string& address, std::span<const manifest::Requirement> lines,
               const EnvironmentRequest& request) const;
  // For messages.
  std::string IndexName() const;

  const EnvironmentOptions options_;
};

}  // namespace carrel::report
