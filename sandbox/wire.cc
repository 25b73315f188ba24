#include "sandbox/wire.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace carrel::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");

void AppendU32(std::string& out, uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t ReadU32(std::string_view bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

std::optional<size_t> WorkerPayloadLimit(FrameType type) {
  switch (type) {
    case FrameType::kReady:
      return 0;
    case FrameType::kRefused:
    case FrameType::kProgress:
      return size_t{4} << 10;
    case FrameType::kCall:
      return kMaxFrameBytes;
    case FrameType::kOutcome:
      return size_t{4} << 20;
    case FrameType::kPrepare:
    case FrameType::kJob:
    case FrameType::kReply:
      break;
  }
  return std::nullopt;
}

std::string EncodeFrame(FrameType type, std::string_view payload) {
  std::string out;
  out.reserve(kFrameHeaderBytes + payload.size());
  AppendU32(out, static_cast<uint32_t>(payload.size()));
  out += static_cast<char>(type);
  out += payload;
  return out;
}

Result<std::optional<Frame>> FrameParser::Next() {
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  const size_t length = ReadU32(rest);
  const auto type = static_cast<unsigned char>(rest[4]);
  const std::optional<size_t> limit = WorkerPayloadLimit(static_cast<FrameType>(type));
  if (!limit) {
    return Fail(Code::kProtocol,
                fmt::format("frame of type {}, which a worker may not send", type));
  }
  if (length > *limit) {
    return Fail(Code::kProtocol, fmt::format("frame of type {} with {} bytes, at most {} allowed",
                                             type, length, *limit));
  }
  if (static_cast<FrameType>(type) == FrameType::kCall && length > max_call_bytes_) {
    return Fail(Code::kLimit, fmt::format("call of {} bytes, at most {}", length, max_call_bytes_));
  }
  if (rest.size() < kFrameHeaderBytes + length) return std::nullopt;
  Frame frame{static_cast<FrameType>(type), std::string(rest.substr(kFrameHeaderBytes, length))};
  consumed_ += kFrameHeaderBytes + length;
  if (consumed_ == buffer_.size() || consumed_ > (size_t{1} << 20)) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  return frame;
}

std::string EncodeEnvelope(const Json& header, std::string_view body) {
  const std::string text = DumpJson(header);
  std::string out;
  out.reserve(4 + text.size() + body.size());
  AppendU32(out, static_cast<uint32_t>(text.size()));
  out += text;
  out += body;
  return out;
}

Result<Envelope> DecodeEnvelope(std::string_view payload) {
  if (payload.size() < 4) return Fail(Code::kProtocol, "envelope shorter than its length field");
  const size_t header = ReadU32(payload);
  payload.remove_prefix(4);
  if (header > payload.size()) {
    return Fail(Code::kProtocol,
                fmt::format("envelope header of {} bytes in {}", header, payload.size()));
  }
  auto json = ParseJson(payload.substr(0, header));
  if (!json || !json->is_object()) {
    return Fail(Code::kProtocol, "envelope header is not a JSON object");
  }
  return Envelope{std::move(*json), payload.substr(header)};
}

}  // namespace carrel::sandbox
