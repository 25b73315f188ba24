// DEFLATE streams (RFC 1951) and the checksum of zip entries. `kSmall` is zlib everywhere. `kFast`
// is ISA-L where the platform has it (deflate_fast_isal.cc: ten times faster than zlib at its
// fastest, with code picked by the processor at run time), zlib elsewhere (deflate_fast_zlib.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

enum class Compression : uint8_t {
  kFast,   // faster than rows are made
  kSmall,  // about a sixth fewer bytes for many times the work
};

// One stream after the other. The same blocks give the same bytes (on processors of one kind;
// others may use other code with other, equally valid, output). Not thread-safe. Failures are
// those of the sink.
class Deflater {
 public:
  // kSegment ends on a whole byte: the stream goes on with another one's beginning.
  enum class Part : uint8_t { kMore, kSegment, kLast };
  using Sink = std::function<Status(std::string_view bytes)>;

  virtual ~Deflater() = default;

  // Begins a stream; a stream that was not ended is forgotten.
  virtual Status Start() = 0;
  // Gives `sink` what is ready. Where blocks end shows in the bytes: a caller that wants the
  // same bytes cuts its input at the same places.
  virtual Status Deflate(std::string_view block, Part part, const Sink& sink) = 0;
};

std::unique_ptr<Deflater> MakeDeflater(Compression compression);

// The CRC-32 of zip: of `bytes` behind others that have the checksum `crc` (0 for none).
uint32_t Crc32(uint32_t crc, std::string_view bytes);

// What MakeDeflater is made of. `level` is zlib's: 1 fast ... 9 small.
std::unique_ptr<Deflater> MakeZlibDeflater(int level);
std::unique_ptr<Deflater> MakeFastDeflater();

}  // namespace carrel
