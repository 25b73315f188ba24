// Reads zip archives that nobody vouches for: workbook templates come from report repositories.
// Every size is checked before it is believed, and budgets are absolute.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::render {

struct ZipLimits {
  uint64_t max_entries = 10'000;
  uint64_t max_inflated = uint64_t{512} << 20;  // bytes inflated by one reader in its lifetime
  uint64_t max_name = 1024;
};

struct ZipEntry {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated; others are refused at Open
  uint16_t flags = 0;
  uint32_t crc = 0;
  uint64_t compressed_size = 0;
  uint64_t size = 0;
  uint64_t header_offset = 0;
  uint64_t data_offset = 0;
};

// Bytes of one entry, inflated as they are asked for. Must not outlive its reader.
class ZipStream {
 public:
  ~ZipStream();
  ZipStream(ZipStream&&) noexcept;
  ZipStream& operator=(ZipStream&&) noexcept;

  // Up to `size` bytes; 0 at the end, after size and CRC were found right. kInvalid when the data
  // is damaged, kLimit when the reader's budget is used up.
  Result<size_t> Read(char* out, size_t size);

 private:
  friend class ZipReader;
  struct State;
  explicit ZipStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One archive, its directory in memory. Not thread-safe. Refused with kInvalid: no zip, a damaged
// directory or one with more entries than announced, local headers that say something else,
// encrypted entries, entries that overlap, two of one name, names that lead out of a folder,
// unknown compression; with kLimit: what exceeds the limits.
class ZipReader {
 public:
  static Result<std::unique_ptr<ZipReader>> Open(const std::filesystem::path& path,
                                                 const ZipLimits& limits = {});

  const std::vector<ZipEntry>& entries() const { return entries_; }
  // Exact name first, then without regard to ASCII case; null when there is none.
  const ZipEntry* Find(std::string_view name) const;

  // The whole entry, at most `max_bytes` (kLimit).
  Result<std::string> Read(const ZipEntry& entry, size_t max_bytes);
  // Inflates the entry to nothing: whether its size and checksum are right.
  Status Verify(const ZipEntry& entry);
  Result<ZipStream> Stream(const ZipEntry& entry);
  // The compressed bytes as they are, in pieces.
  Status CopyRaw(const ZipEntry& entry, const std::function<Status(std::string_view)>& sink);

 private:
  friend class ZipStream;
  struct Directory {
    uint64_t entries = 0;
    uint64_t size = 0;
    uint64_t offset = 0;
    uint64_t shift = 0;  // bytes before the archive's own first byte
  };

  ZipReader(UniqueFd fd, uint64_t file_size, const ZipLimits& limits);
  Result<std::string> ReadAt(uint64_t offset, size_t size) const;
  Status ReadInto(uint64_t offset, char* out, size_t size) const;
  Result<Directory> FindDirectory() const;
  Result<Directory> FindDirectory64(uint64_t end_offset, const Directory& found) const;
  Status ReadDirectory();
  Result<size_t> ReadDirectoryEntry(std::string_view bytes, const Directory& directory);
  Status CheckNames();
  Status CheckEntry(const ZipEntry& entry) const;
  Status FindData(uint64_t directory_offset);
  Status ReadLocalHeader(ZipEntry& entry) const;
  Status Spend(uint64_t bytes);

  UniqueFd fd_;
  uint64_t file_size_;
  ZipLimits limits_;
  uint64_t inflated_ = 0;
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string, size_t> by_name_, by_lower_name_;  // into entries_
};

}  // namespace carrel::render
