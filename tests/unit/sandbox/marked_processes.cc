#include "tests/unit/sandbox/marked_processes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/base/files.h"

namespace carrel::sandbox {

std::string OwnMarker() { return fmt::format("--marker-{}-", ::getpid()); }

int CountMarked(const std::string& marker) {
  int count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const auto command = ReadFile(it->path() / "cmdline");  // none: it is gone, or no process
    count += command && command->find(marker) != std::string::npos ? 1 : 0;
  }
  return count;
}

}  // namespace carrel::sandbox
