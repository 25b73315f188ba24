// Inflates deflate and gzip streams as they arrive. One interface over the fastest library that the
// build found (ISA-L, else zlib), so that no reader knows which it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

// One stream from its first byte to its last. Not thread-safe.
class InflateStream {
 public:
  enum class Format { kRaw, kGzip };  // kGzip: one member; its header and checksum are checked

  struct Step {
    size_t consumed = 0;  // of the input; all of it unless the output is full
    size_t produced = 0;
    bool done = false;
    // When done: how many of the last bytes given (in this call and before) lie behind the stream.
    size_t behind = 0;
  };

  explicit InflateStream(Format format);
  ~InflateStream();
  InflateStream(InflateStream&&) noexcept;
  InflateStream& operator=(InflateStream&&) noexcept;

  // Not called again after `done`. kInvalid: damaged data.
  Result<Step> Inflate(std::string_view input, char* out, size_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carrel
