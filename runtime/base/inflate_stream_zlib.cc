#include <zlib.h>

#include <algorithm>
#include <limits>

#include "runtime/base/inflate_stream.h"

namespace carrel {
namespace {

uInt Size32(size_t size) {
  return static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max() / 2));
}

}  // namespace

struct InflateStream::State {
  z_stream inflater{};
  bool started = false;
  ~State() {
    if (started) inflateEnd(&inflater);
  }
};

InflateStream::InflateStream(Format format) : state_(std::make_unique<State>()) {
  const int bits = format == Format::kGzip ? MAX_WBITS + 16 : -MAX_WBITS;
  state_->started = inflateInit2(&state_->inflater, bits) == Z_OK;
}

InflateStream::~InflateStream() = default;
InflateStream::InflateStream(InflateStream&&) noexcept = default;
InflateStream& InflateStream::operator=(InflateStream&&) noexcept = default;

Result<InflateStream::Step> InflateStream::Inflate(std::string_view input, char* out, size_t size) {
  if (!state_->started) return Fail(Code::kInternal, "inflate: cannot start");
  z_stream& s = state_->inflater;
  const uInt given = Size32(input.size());
  const uInt room = Size32(size);
  s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  s.avail_in = given;
  s.next_out = reinterpret_cast<Bytef*>(out);
  s.avail_out = room;
  const int rc = inflate(&s, Z_NO_FLUSH);
  if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
    return Fail(Code::kInvalid, "compressed data is not valid");
  }
  Step step{.consumed = given - s.avail_in, .produced = room - s.avail_out};
  step.done = rc == Z_STREAM_END;
  if (step.done) step.behind = input.size() - step.consumed;
  return step;
}

}  // namespace carrel
