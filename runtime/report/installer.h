// Runs pip in a process of its own, because what it unpacks is written by strangers: a private root
// with nothing of this host but Python and what the network needs, one writable directory, bounds
// on time, memory and disk. Used by environment_store.h only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::report {

struct InstallRequest {
  // Ours alone, empty but for requirements.txt, which pip reads; the packages come to `site`.
  std::filesystem::path directory;
  std::string index_url;          // empty: pip's own configuration
  std::filesystem::path ca_file;  // empty: the system's certificates
  uint64_t max_bytes = 0;         // of the packages; unpacking them may take twice as much
  uint64_t max_files = 0;
  uint64_t cpu_s = 300;
};

struct InstallCall {
  std::vector<std::string> command;  // a program whose main calls InstallerMain()
  std::chrono::milliseconds deadline = std::chrono::minutes(5);
  std::stop_token stop = {};
};

struct InstallResult {
  int status = 0;      // of pip; 0: all is installed
  std::string output;  // what it printed, at most the last 256 KiB
};

// Whatever happens, no process is left when this returns. kTimeout, kCancelled, kLimit with what
// was reached; kSandbox when the confinement could not be set up.
Result<InstallResult> Install(const InstallCall& call, const InstallRequest& request);

// The whole main() of the installer process: reads one request from standard input, confines itself
// and becomes pip. The calling process must be single-threaded and do nothing else.
int InstallerMain();

// Directories in each other. A walk over them holds as many descriptors.
inline constexpr int kMaxPackageDepth = 64;

// What lies below a directory, links not followed; of deeper trees the upper part. pip unpacks into
// a few directories of its own.
struct DiskUse {
  uint64_t bytes = 0;
  uint64_t files = 0;
};
DiskUse DiskUseOf(const std::filesystem::path& directory);

}  // namespace carrel::report
