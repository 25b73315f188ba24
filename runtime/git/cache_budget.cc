#include "runtime/git/cache_budget.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

uint64_t BytesAt(const fs::path& path) {
  constexpr uint64_t kBlock = 512;
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return 0;
  return static_cast<uint64_t>(info.st_blocks) * kBlock;
}

uint64_t BytesBelow(const fs::path& directory) {
  uint64_t bytes = BytesAt(directory);
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    bytes += BytesAt(it->path());
  }
  return bytes;
}

}  // namespace

std::vector<CacheEntry> ListCacheEntries(const fs::path& root) {
  std::vector<CacheEntry> entries;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code gone;
    if (name.starts_with('.') || !it->is_directory(gone)) continue;
    const fs::file_time_type used = fs::last_write_time(it->path(), gone);
    if (!gone) entries.push_back({name, BytesBelow(it->path()), used});
  }
  std::ranges::sort(entries, {}, &CacheEntry::used);
  return entries;
}

}  // namespace carrel::git
