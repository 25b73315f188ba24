// What the directories of a cache take on the disk, for whoever has to make room.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace carrel::git {

struct CacheEntry {
  std::string name;
  uint64_t bytes = 0;  // blocks on the disk
  std::filesystem::file_time_type used;
};

// The directories below `root` that are no temporaries, least recently used first. What other
// processes remove meanwhile is left out or counted in part.
std::vector<CacheEntry> ListCacheEntries(const std::filesystem::path& root);

}  // namespace carrel::git
