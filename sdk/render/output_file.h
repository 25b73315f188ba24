// The file of a renderer that writes it from its first byte to its last. Writing and hashing take a
// second thread when there is room for one.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/block_pipe.h"
#include "runtime/base/buffered_file.h"
#include "runtime/base/result.h"
#include "runtime/base/sha256.h"

namespace carrel::render {

// Not thread-safe. Failures are those of BufferedFile, and may show some calls later.
class OutputFile {
 public:
  // `fd` is not owned: open for writing, seekable, empty.
  OutputFile(int fd, Threading threading);

  Status Write(std::string_view bytes) { return pipe_.Write(bytes); }

  // Room to append to directly; call MaybeFlush now and then, and before Write.
  std::string& buffer() { return buffer_; }
  Status MaybeFlush() { return buffer_.size() < kBufferBytes ? Status() : Flush(); }
  Status Flush();

  // Once, at the end.
  Status Finish();
  // Of the whole file, hexadecimal; empty before Finish.
  const std::string& sha256() const { return sha256_; }

 private:
  static constexpr size_t kBufferBytes = size_t{32} << 10;

  Status Consume(std::string_view block);

  std::string buffer_;
  std::string sha256_;
  // These two belong to the consumer of the pipe.
  BufferedFile file_;
  Sha256 hash_;
  BlockPipe pipe_;  // last: its thread ends before the rest goes
};

}  // namespace carrel::render
