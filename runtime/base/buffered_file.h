// Large sequential writes to a descriptor, with the two failures that a capped output has (the
// file size limit, a full disk) told apart from all others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

// Collects bytes and writes them in large pieces, starting at the descriptor's position. The
// descriptor is not owned and must be a seekable file. Not thread-safe. Nothing is written by the
// destructor: call Flush.
//
// kLimit when the file may not grow (EFBIG), kIo when the disk is full, otherwise as FailErrno. A
// process with a file size limit must ignore SIGXFSZ, or the signal ends it before EFBIG is seen.
class BufferedFile {
 public:
  static constexpr size_t kBufferBytes = size_t{256} << 10;

  explicit BufferedFile(int fd);

  // Room to append to directly; call MaybeFlush now and then.
  std::string& buffer() { return buffer_; }
  Status MaybeFlush() { return buffer_.size() < kBufferBytes ? Status() : Flush(); }

  Status Append(std::string_view bytes);
  Status Flush();
  // Overwrites bytes already appended; `offset` counts from the first byte appended.
  Status Patch(uint64_t offset, std::string_view bytes);
  // Bytes appended so far.
  uint64_t offset() const { return written_ + buffer_.size(); }

 private:
  Status WriteAt(uint64_t offset, std::string_view bytes) const;

  int fd_;
  int64_t start_;  // the descriptor's position at construction, -1 when it has none
  uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace carrel
