#include "sandbox/spares.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/base/exceptions.h"

namespace carrel::sandbox {
namespace {

// What a worker takes to its first line, and no more: a report that comes next needs a spare.
constexpr auto kRefillDelay = std::chrono::milliseconds(5);
constexpr auto kFirstBackOff = std::chrono::milliseconds(100);
constexpr auto kLongestBackOff = std::chrono::milliseconds(5000);

}  // namespace

void Spares::Start() {
  if (count_ > 0) refiller_ = std::jthread([this](const std::stop_token& stop) { KeepFull(stop); });
}

void Spares::Stop() {
  refiller_ = std::jthread();
  const std::lock_guard lock(mutex_);
  parked_.clear();
}

Result<WorkerProcess> Spares::Take() {
  {
    const std::lock_guard lock(mutex_);
    while (!parked_.empty()) {
      WorkerProcess worker = std::move(parked_.front());
      parked_.pop_front();
      // Only the first of several: under load they would put the refill off for ever.
      if (parked_.size() + 1 == static_cast<size_t>(count_)) {
        due_ = std::chrono::steady_clock::now() + kRefillDelay;
      }
      wanted_.notify_all();
      if (!worker.IsGone()) return worker;
    }
  }
  return fork_();
}

void Spares::Refill() {
  const std::lock_guard lock(mutex_);
  due_ = {};
  wanted_.notify_all();
}

int Spares::parked() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(parked_.size());
}

void Spares::KeepFull(const std::stop_token& stop) {
  auto back_off = kFirstBackOff;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool lacks =
        wanted_.wait(lock, stop, [this] { return parked_.size() < static_cast<size_t>(count_); });
    if (!lacks) return;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < due_) {
      wanted_.wait_until(lock, stop, due_,
                         [this] { return due_ == std::chrono::steady_clock::time_point(); });
    }
    lock.unlock();
    auto worker = Guarded(fork_);
    lock.lock();
    if (worker) {
      parked_.push_back(std::move(*worker));
      back_off = kFirstBackOff;
      continue;
    }
    // The machine is out of something; reports that need a worker now say so themselves.
    wanted_.wait_for(lock, stop, back_off, [] { return false; });
    back_off = std::min(back_off * 2, kLongestBackOff);
  }
}

}  // namespace carrel::sandbox
