#include "runtime/report/lease_keeper.h"

#include <algorithm>
#include <utility>

#include "runtime/base/exceptions.h"

namespace carrel::report {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kProgressEvery{1000};

}  // namespace

LeaseKeeper::LeaseKeeper(ReportStore& reports, const Clock& clock, Lease lease,
                         std::chrono::seconds length, std::function<void()> on_lost)
    : reports_(reports),
      clock_(clock),
      lease_(std::move(lease)),
      length_(length),
      on_lost_(std::move(on_lost)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

LeaseKeeper::~LeaseKeeper() = default;

void LeaseKeeper::SetProgress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (progress_ == progress) return;
  progress_ = progress;
  is_stale_ = true;
  changed_.notify_all();
}

Progress LeaseKeeper::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void LeaseKeeper::Run(const std::stop_token& stop) {
  const auto beat_every = std::chrono::milliseconds(length_) / 3;
  auto last = SteadyClock::now();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Progress waits for the end of the second since the last write, a beat for its third of the
    // lease.
    if (!changed_.wait_until(lock, stop, last + beat_every, [this] { return is_stale_; }) &&
        stop.stop_requested()) {
      return;
    }
    if (is_stale_ && SteadyClock::now() < last + kProgressEvery) {
      changed_.wait_until(lock, stop,
                          last + std::min<SteadyClock::duration>(kProgressEvery, beat_every),
                          [] { return false; });
      if (stop.stop_requested()) return;
    }
    const Progress progress = progress_;
    is_stale_ = false;
    lock.unlock();
    last = SteadyClock::now();
    const Status beat =
        Guarded([&] { return reports_.Heartbeat(lease_, clock_.Now() + length_, progress); });
    // Any other failure (a full disk, a locked database) may pass before the lease runs out.
    if (!beat && beat.error().code == Code::kConflict) {
      on_lost_();
      return;
    }
    lock.lock();
  }
}

}  // namespace carrel::report
