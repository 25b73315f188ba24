// Writes zip archives as a stream of entries. The same calls give the same bytes: no clock, no
// names and no order of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/buffered_file.h"
#include "runtime/base/result.h"

namespace carrel {

// One entry after the other: Begin..., Write..., End; then Finish once. Local headers are plain
// (no data descriptors): checksum and sizes are written back when an entry ends. Zip64 records
// appear only for an entry or an archive that needs them. Not thread-safe; after a failure the
// archive is lost. A call out of order is kInternal; write failures are those of BufferedFile.
class ZipWriter {
 public:
  // Content that deflates badly is better stored.
  enum class Method : uint8_t { kStored, kDeflated };
  // kAny leaves room in the local header for an entry of 4 GiB and more (20 bytes, the Open
  // Packaging "growth hint"); kBelow4GiB entries that grow beyond are kLimit.
  enum class Growth : uint8_t { kBelow4GiB, kAny };

  struct EntryOptions {
    Method method = Method::kDeflated;
    int level = 6;  // of zlib: 1 fast ... 9 small
    Growth growth = Growth::kBelow4GiB;
  };

  // An entry whose bytes are compressed already.
  struct RawEntry {
    std::string name;
    uint16_t method = 0;  // as in the zip format: 0 stored, 8 deflated
    uint16_t flags = 0;   // of the source entry; only the bits that still apply are kept
    uint32_t crc = 0;
    uint64_t compressed_size = 0;
    uint64_t size = 0;
  };

  // `fd` is not owned: open for writing, seekable; the archive begins at its position.
  explicit ZipWriter(int fd);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  Status Begin(std::string_view name, const EntryOptions& options);
  // Write then receives exactly `compressed_size` bytes in all; kInvalid at End otherwise.
  Status BeginRaw(const RawEntry& entry);
  Status Write(std::string_view bytes);
  Status End();

  // A whole entry at once.
  Status Add(std::string_view name, std::string_view bytes, const EntryOptions& options);

  // The central directory. Nothing may be written afterwards.
  Status Finish();

  // Bytes of the archive so far.
  uint64_t bytes() const { return file_.offset(); }

 private:
  struct Entry {
    RawEntry raw;
    uint64_t offset = 0;  // of the local header
    Growth growth = Growth::kBelow4GiB;
    uint64_t received = 0;  // raw entries: compressed bytes so far
  };
  struct Deflater;
  enum class State : uint8_t { kIdle, kDeflating, kStoring, kCopying, kFinished };

  Status Deflate(std::string_view bytes, int flush);
  Status BeginEntry(Entry entry, State state);
  Status WriteCentralDirectory();

  BufferedFile file_;
  State state_ = State::kIdle;
  std::unique_ptr<Deflater> deflater_;
  std::vector<Entry> entries_;
};

}  // namespace carrel
