#include "sdk/python/door.h"

namespace carrel::python {

Result<sdk::ApiReply> Door::Call(const sdk::ApiCall& call) {
  if (!Enter()) return Fail(Code::kCancelled, "the report has ended");
  Result<sdk::ApiReply> reply = port_.Call(call);
  Leave();
  return reply;
}

void Door::Progress(double value, double max) {
  if (!Enter()) return;
  port_.Progress(value, max);
  Leave();
}

void Door::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  left_.wait(lock, [this] { return inside_ == 0; });
}

bool Door::Enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Door::Leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

}  // namespace carrel::python
