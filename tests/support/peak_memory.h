// The most memory that a test program had, told by itself: what wait4(2) tells of a process begins
// with the size of whoever started it.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace carrel {

// In KiB, since this program began; 0 without /proc.
inline int64_t PeakMemoryKib() {
  std::ifstream status("/proc/self/status");
  int64_t peak = 0;
  for (std::string word; peak == 0 && status >> word;) {
    if (word == "VmHWM:") status >> peak;
  }
  return peak;
}

}  // namespace carrel
