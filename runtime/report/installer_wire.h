// What the two sides of installer.h say to each other.
#pragma once

#include <unistd.h>

#include "runtime/base/json.h"
#include "runtime/report/installer.h"

namespace carrel::report {

// The exit status of an installer that could not confine itself; it has said why.
inline constexpr int kNotConfined = 125;

// The account of a root host's installer outside: beside those of the workers, owner of nothing.
inline constexpr unsigned kRootHostInstallerId = 992'999;

inline Json ToJson(const InstallRequest& request) {
  return {{"directory", request.directory.string()},
          {"index_url", request.index_url},
          {"ca_file", request.ca_file.string()},
          {"max_bytes", request.max_bytes},
          {"max_files", request.max_files},
          {"cpu_s", request.cpu_s},
          {"parent_pid", ::getpid()}};
}

}  // namespace carrel::report
