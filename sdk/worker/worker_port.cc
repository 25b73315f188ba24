#include "sdk/worker/worker_port.h"

#include <time.h>

#include <cmath>
#include <utility>

#include "runtime/base/files.h"
#include "sandbox/worker_entry.h"

namespace carrel::sdk {
namespace {

using sandbox::FrameType;

// At most ten updates a second.
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

double Finite(double value) { return std::isfinite(value) ? value : 0; }

Result<ApiReply> ParseReply(std::string_view payload) {
  CARREL_ASSIGN_OR_RETURN(const sandbox::Envelope envelope, sandbox::DecodeEnvelope(payload));
  if (envelope.header.contains("error")) {
    return Fail(Code::kDenied, JsonString(envelope.header, "error"));
  }
  ApiReply reply;
  reply.status = envelope.header.value("status", 0);
  const Json headers = envelope.header.value("headers", Json::object());
  for (const auto& [name, value] : headers.items()) {
    if (value.is_string()) reply.headers[name] = value.get<std::string>();
  }
  reply.body = envelope.body;
  return reply;
}

// The steady clock at the system's last tick: a few milliseconds old, and cheap to ask for each
// row.
std::chrono::steady_clock::time_point LastTick() {
  timespec tick{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(tick.tv_sec) +
                                               std::chrono::nanoseconds(tick.tv_nsec));
}

}  // namespace

Status WorkerPort::Send(FrameType type, std::string_view payload) {
  const std::lock_guard lock(write_mutex_);
  return sandbox::SendFrame(socket_, type, payload);
}

Result<ApiReply> WorkerPort::Call(const ApiCall& call) {
  int64_t id = 0;
  {
    const std::lock_guard lock(reply_mutex_);
    id = next_id_++;
  }
  const Json header = {
      {"id", id},          {"connection", call.connection}, {"method", call.method},
      {"path", call.path}, {"query", call.query},           {"headers", call.headers}};
  const std::string payload = sandbox::EncodeEnvelope(header, call.body);
  if (payload.size() > sandbox::kMaxFrameBytes) {
    return Fail(Code::kLimit, "the request is larger than 16 MiB");
  }
  CARREL_TRY(Send(FrameType::kCall, payload));
  return WaitFor(id);
}

Result<ApiReply> WorkerPort::WaitFor(int64_t id) {
  std::unique_lock lock(reply_mutex_);
  while (true) {
    if (auto node = replies_.extract(id); !node.empty()) {
      lock.unlock();
      return ParseReply(node.mapped());
    }
    if (!stream_) return std::unexpected(stream_.error());
    if (reading_) {
      reply_arrived_.wait(lock);
      continue;
    }
    reading_ = true;
    lock.unlock();
    auto frame = sandbox::ReceiveFrame(socket_);
    lock.lock();
    reading_ = false;
    if (!frame) {
      stream_ = std::unexpected(frame.error());
    } else if (auto envelope = sandbox::DecodeEnvelope(frame->payload);
               frame->type != FrameType::kReply || !envelope) {
      stream_ = Fail(Code::kProtocol, "the host sent something else than a reply");
    } else {
      replies_[envelope->header.value("id", int64_t{0})] = std::move(frame->payload);
    }
    reply_arrived_.notify_all();
  }
}

void WorkerPort::Progress(double value, double max) {
  const std::lock_guard lock(progress_mutex_);
  value_ = Finite(value);
  max_ = Finite(max);
  held_back_ = true;
  if (const auto now = SteadyClock::now(); now - last_sent_ >= kProgressInterval) {
    SendProgressLocked(now);
  }
}

void WorkerPort::RowWritten(uint64_t rows) {
  rows_.store(rows, std::memory_order_relaxed);
  const auto now = LastTick();
  if (now.time_since_epoch().count() < next_send_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(progress_mutex_);
  if (now - last_sent_ >= kProgressInterval) SendProgressLocked(now);
}

void WorkerPort::FlushProgress() {
  const std::lock_guard lock(progress_mutex_);
  if (held_back_) SendProgressLocked(SteadyClock::now());
}

void WorkerPort::SendProgressLocked(SteadyClock::time_point now) {
  last_sent_ = now;
  next_send_.store((now + kProgressInterval).time_since_epoch().count(), std::memory_order_relaxed);
  held_back_ = false;
  // A host that is gone is noticed by the next call or by the outcome.
  (void)Send(FrameType::kProgress,
             DumpJson({{"value", value_}, {"max", max_}, {"rows", rows_.load()}}));
}

}  // namespace carrel::sdk
