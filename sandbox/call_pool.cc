#include "sandbox/call_pool.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "runtime/base/exceptions.h"
#include "sandbox/session.h"
#include "sandbox/wire.h"

namespace carrel::sandbox {
namespace {

constexpr size_t kMaxOpenCalls = 256;
constexpr size_t kMaxWaitingBytes = size_t{16} << 20;
constexpr int kWriteWakeMs = 100;

std::string FailureFrame(int64_t id, std::string_view error) {
  return EncodeFrame(FrameType::kReply, EncodeEnvelope({{"id", id}, {"error", error}}, {}));
}

}  // namespace

CallPool::CallPool(SessionHandler& handler, int socket, int max_threads)
    : handler_(handler), socket_(socket), max_threads_(max_threads) {}

CallPool::~CallPool() { Stop(); }

bool CallPool::Add(int64_t id, Json header, std::string body) {
  const std::lock_guard lock(mutex_);
  if (open_.size() >= kMaxOpenCalls || !open_.insert(id).second) return false;
  waiting_bytes_ += body.size();
  waiting_.push_back({id, std::move(header), std::move(body)});
  const auto idle = static_cast<int>(threads_.size()) - running_;
  if (std::cmp_less(idle, waiting_.size()) && std::cmp_less(threads_.size(), max_threads_)) {
    threads_.emplace_back([this] { Work(); });
  }
  changed_.notify_one();
  return true;
}

void CallPool::Work() {
  const std::stop_token stop = stop_.get_token();
  while (true) {
    Call call;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (stop.stop_requested()) return;  // what waits still is for nobody
      call = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_bytes_ -= call.body.size();
      ++running_;
    }
    Answer(call);
    const std::lock_guard lock(mutex_);
    --running_;
    last_activity_ = std::chrono::steady_clock::now();
  }
}

void CallPool::Answer(const Call& call) {
  const auto reply = Guarded([&] { return ReplyTo(call); });
  {
    // Before the reply is on the wire: the worker may use the id again at once.
    const std::lock_guard lock(mutex_);
    open_.erase(call.id);
  }
  Write(reply ? *reply : FailureFrame(call.id, reply.error().message));
}

Result<std::string> CallPool::ReplyTo(const Call& call) {
  SessionHandler::Answer answer = handler_.OnCall(call.header, call.body, stop_.get_token());
  answer.header["id"] = call.id;
  const std::string payload = EncodeEnvelope(answer.header, answer.body);
  if (payload.size() > kMaxFrameBytes) {
    return Fail(Code::kLimit, "the answer is larger than 16 MiB");
  }
  return EncodeFrame(FrameType::kReply, payload);
}

bool CallPool::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_ < kMaxWaitingBytes;
}

bool CallPool::Write(std::string_view frame) {
  const std::lock_guard lock(write_mutex_);
  while (!frame.empty()) {
    const ssize_t n = ::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      frame.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    if (stop_.stop_requested()) return false;
    pollfd fds[] = {{socket_, POLLOUT, 0}};
    ::poll(fds, 1, kWriteWakeMs);
  }
  return true;
}

void CallPool::RequestStop() {
  stop_.request_stop();
  changed_.notify_all();
}

void CallPool::Stop() {
  RequestStop();
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  threads.clear();  // joins
}

std::chrono::steady_clock::time_point CallPool::last_activity() const {
  const std::lock_guard lock(mutex_);
  return running_ > 0 || !waiting_.empty() ? std::chrono::steady_clock::now() : last_activity_;
}

}  // namespace carrel::sandbox
