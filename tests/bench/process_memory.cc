#include "tests/bench/process_memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace carrel::bench {
namespace {

// Children belong to the thread that forked them.
pid_t NewestChild(pid_t process) {
  pid_t newest = 0;
  std::error_code error;
  const auto tasks = fmt::format("/proc/{}/task", process);
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) newest = std::max(newest, child);
  }
  return newest;
}

}  // namespace

std::optional<ProcessMemory> MemoryOf(pid_t process) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", process));
  std::string line;
  if (!std::getline(rollup, line)) return std::nullopt;  // the range
  ProcessMemory memory;
  std::string key, unit;
  for (double kb = 0; rollup >> key >> kb >> unit;) {
    const double mb = kb / 1024;
    if (key == "Rss:") memory.resident_mb = mb;
    if (key == "Pss:") memory.proportional_mb = mb;
    if (key == "Private_Clean:" || key == "Private_Dirty:") memory.private_mb += mb;
  }
  return memory;
}

pid_t DescendantAt(int depth) {
  pid_t process = ::getpid();
  for (int i = 0; i < depth && process != 0; ++i) process = NewestChild(process);
  return process;
}

}  // namespace carrel::bench
