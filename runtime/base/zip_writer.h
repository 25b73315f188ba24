// Writes zip archives as a stream of entries. The same calls give the same bytes: no clock, no
// names and no order of its own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/block_pipe.h"
#include "runtime/base/buffered_file.h"
#include "runtime/base/deflate.h"
#include "runtime/base/result.h"

namespace carrel {

// One entry after the other: Begin..., Write..., End; then Finish once. Local headers are plain
// (no data descriptors): checksum and sizes are written back when an entry ends. Zip64 records
// appear only for an entry or an archive that needs them. Deflated content is compressed, and
// written, on a second thread when there is room for one; the bytes are the same without it. Not
// thread-safe; after a failure, which may show some calls later, the archive is lost. A call out of
// order is kInternal; write failures are those of BufferedFile.
class ZipWriter {
 public:
  // Content that deflates badly is better stored.
  enum class Method : uint8_t { kStored, kDeflated };
  // kAny leaves room in the local header for an entry of 4 GiB and more (20 bytes, the Open
  // Packaging "growth hint"); kBelow4GiB entries that grow beyond are kLimit.
  enum class Growth : uint8_t { kBelow4GiB, kAny };

  struct EntryOptions {
    Method method = Method::kDeflated;
    Compression compression = Compression::kFast;
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
  explicit ZipWriter(int fd, Threading threading = Threading::kInline);
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
  // The content of a file of any size, as DeflateFile has it.
  Status AddFile(std::string_view name, int fd, Compression compression);

  // The central directory. Nothing may be written afterwards.
  Status Finish();

 private:
  struct Entry {
    RawEntry raw;
    uint64_t offset = 0;  // of the local header
    Growth growth = Growth::kBelow4GiB;
    uint64_t received = 0;  // raw entries: compressed bytes so far
  };
  enum class State : uint8_t { kIdle, kDeflating, kStoring, kCopying, kWhole, kFinished };

  static Entry NewEntry(std::string_view name, const EntryOptions& options);
  Status StartDeflater(Compression compression);
  Status Deflate(std::string_view block, Deflater::Part part);
  Status EndDeflated();
  Status BeginEntry(Entry entry, State state);
  Status WriteCentralDirectory();

  const Threading threading_;
  State state_ = State::kIdle;
  std::vector<Entry> entries_;
  // While an entry is deflated, both belong to the consumer of the pipe, with the last entry.
  BufferedFile file_;
  std::array<std::unique_ptr<Deflater>, 2> deflaters_;  // by Compression, made when needed
  Deflater* deflater_ = nullptr;                        // of the entry at hand
  BlockPipe pipe_;  // last: its thread ends before the rest goes
};

}  // namespace carrel
