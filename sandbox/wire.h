// The protocol between host and worker: framing only. Both sides include this file; the host
// treats every byte that comes from a worker as hostile.
//
// One SOCK_STREAM socketpair. Frame = u32 little-endian length of the payload, u8 type, payload.
//   host -> worker   Prepare  JSON {subtree, limits}; carries the output descriptor (SCM_RIGHTS)
//   worker -> host   Ready    empty: confinement is complete, nothing untrusted was read yet
//                or  Refused  JSON {step, errno, message}: a confinement step failed
//   host -> worker   Job      JSON, meaning agreed between the rooms above
//   worker -> host   Progress JSON {value, max, rows}
//   worker -> host   Call     envelope: id and request
//   host -> worker   Reply    envelope: the same id and the answer
//   worker -> host   Outcome  JSON; the last frame
// An envelope is u32 little-endian length of its JSON header, the header, then raw body bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::sandbox {

enum class FrameType : uint8_t {
  kPrepare = 1,
  kReady = 2,
  kRefused = 3,
  kJob = 4,
  kProgress = 5,
  kCall = 6,
  kReply = 7,
  kOutcome = 8,
};

inline constexpr size_t kFrameHeaderBytes = 5;
inline constexpr size_t kMaxFrameBytes = size_t{16} << 20;

struct Frame {
  FrameType type = FrameType::kReady;
  std::string payload;
};

// The payload limit of a frame that a worker may send; nothing for a type it may not send.
std::optional<size_t> WorkerPayloadLimit(FrameType type);

std::string EncodeFrame(FrameType type, std::string_view payload);

// Cuts frames out of the byte stream of a worker. Call Next until it gives nothing after every
// Feed: a frame's type and length are checked before more of its payload is read.
class FrameParser {
 public:
  // Calls of more than `max_call_bytes` end the stream with kLimit.
  explicit FrameParser(size_t max_call_bytes = kMaxFrameBytes) : max_call_bytes_(max_call_bytes) {}
  void Feed(std::string_view bytes) { buffer_ += bytes; }
  // The next complete frame; nothing when more bytes are needed; kProtocol for a frame that a
  // worker may not send and kLimit for one that is too large, which end the stream for good.
  Result<std::optional<Frame>> Next();
  bool empty() const { return buffer_.size() == consumed_; }

 private:
  const size_t max_call_bytes_;
  std::string buffer_;
  size_t consumed_ = 0;
};

struct Envelope {
  Json header;
  std::string_view body;  // points into the payload
};

std::string EncodeEnvelope(const Json& header, std::string_view body);
Result<Envelope> DecodeEnvelope(std::string_view payload);

}  // namespace carrel::sandbox
