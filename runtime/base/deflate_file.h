// A file's content as one DEFLATE stream (RFC 1951) made on several processors.
#pragma once

#include <cstdint>

#include "runtime/base/block_pipe.h"
#include "runtime/base/deflate.h"
#include "runtime/base/result.h"

namespace carrel {

struct DeflatedFile {
  uint32_t crc = 0;  // CRC-32 of the content
  uint64_t size = 0;
  uint64_t compressed_size = 0;
};

// Of the regular file `fd` from its start; its position does not move. The content is cut into
// segments of kSegmentBytes that know nothing of each other, so the bytes are the same however many
// threads there are. With Threading::kWhenSpare and more than one segment there are up to four,
// gone at return; the stream comes to `sink` in order on the caller's thread. kIo when the file
// gets shorter while it is read; what is thrown on one of them is thrown to the caller.
inline constexpr uint64_t kSegmentBytes = uint64_t{1} << 20;
Result<DeflatedFile> DeflateFile(int fd, Compression compression, Threading threading,
                                 const Deflater::Sink& sink);

}  // namespace carrel
