#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "runtime/base/inflate_stream.h"

namespace carrel {
namespace {

uint32_t Size32(size_t size) {
  return static_cast<uint32_t>(std::min<size_t>(size, std::numeric_limits<uint32_t>::max() / 2));
}

}  // namespace

struct InflateStream::State {
  inflate_state inflater;
};

InflateStream::InflateStream(Format format) : state_(std::make_unique<State>()) {
  isal_inflate_init(&state_->inflater);
  state_->inflater.crc_flag = format == Format::kGzip ? ISAL_GZIP : ISAL_DEFLATE;
}

InflateStream::~InflateStream() = default;
InflateStream::InflateStream(InflateStream&&) noexcept = default;
InflateStream& InflateStream::operator=(InflateStream&&) noexcept = default;

Result<InflateStream::Step> InflateStream::Inflate(std::string_view input, char* out, size_t size) {
  inflate_state& s = state_->inflater;
  const uint32_t given = Size32(input.size());
  const uint32_t room = Size32(size);
  s.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(input.data()));
  s.avail_in = given;
  s.next_out = reinterpret_cast<uint8_t*>(out);
  s.avail_out = room;
  if (isal_inflate(&s) != ISAL_DECOMP_OK) {
    return Fail(Code::kInvalid, "compressed data is not valid");
  }
  Step step{.consumed = given - s.avail_in, .produced = room - s.avail_out};
  step.done = s.block_state == ISAL_BLOCK_FINISH;
  if (step.done) {
    step.behind = input.size() - step.consumed + static_cast<size_t>(s.read_in_length) / 8;
  }
  return step;
}

}  // namespace carrel
