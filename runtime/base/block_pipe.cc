#include "runtime/base/block_pipe.h"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

namespace carrel {

BlockPipe::BlockPipe(Threading threading, Consumer consumer)
    : consumer_(std::move(consumer)), threading_(threading) {
  blocks_[0] = std::make_unique_for_overwrite<char[]>(kBlockBytes);
}

BlockPipe::~BlockPipe() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status BlockPipe::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t piece = std::min(bytes.size(), kBlockBytes - filled_);
    std::memcpy(blocks_[filling_].get() + filled_, bytes.data(), piece);
    filled_ += piece;
    bytes.remove_prefix(piece);
    if (filled_ == kBlockBytes) CARREL_TRY(Push());
  }
  return {};
}

Status BlockPipe::Push() {
  filled_ = 0;
  if (threading_ == Threading::kWhenSpare) StartThread();
  if (!thread_.joinable()) {
    if (status_) status_ = Feed(filling_);
    return status_.Get();
  }
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return waiting_ < kBlocks || !status_; });
  filling_ = (filling_ + 1) % kBlocks;
  return status_.Get();
}

ThreadStatus BlockPipe::Feed(size_t index) const {
  return ThreadStatus::Of([&] { return consumer_({blocks_[index].get(), kBlockBytes}); });
}

Result<std::string_view> BlockPipe::Drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ == 0; });
  CARREL_TRY(status_.Get());
  return std::string_view(blocks_[filling_].get(), std::exchange(filled_, 0));
}

void BlockPipe::StartThread() {
  threading_ = Threading::kInline;  // asked once
  if (!HasSpareCore()) return;
  // All memory that is needed, here: the other thread allocates nothing.
  for (auto& block : blocks_) {
    if (!block) block = std::make_unique_for_overwrite<char[]>(kBlockBytes);
  }
  oldest_ = filling_;
  try {
    thread_ = std::thread([this] { Consume(); });
  } catch (const std::system_error&) {
    thread_ = std::thread();  // none: the limits of the process allow no further one
  }
}

void BlockPipe::Consume() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return waiting_ > 0 || stopping_; });
    if (stopping_) return;
    if (status_) {
      const size_t index = oldest_;
      lock.unlock();
      ThreadStatus status = Feed(index);
      lock.lock();
      status_ = std::move(status);
    }
    oldest_ = (oldest_ + 1) % kBlocks;
    --waiting_;
    changed_.notify_all();
  }
}

}  // namespace carrel
