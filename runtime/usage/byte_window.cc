#include "runtime/usage/byte_window.h"

#include <algorithm>
#include <cstring>

#include "runtime/usage/byte_scan.h"

namespace carrel::usage {
namespace {

// So that scans stop, and read no further than memory of ours.
void Terminate(char* end) {
  *end = '<';
  std::memset(end + 1, 0, kScanMargin - 1);
}

// A character that the end of the stream cut is told of, if need be by a block without bytes.
bool IsEnd(const Block& block) { return block.size == 0 && block.fault == TextFault::kNone; }

}  // namespace

Block::Block() : memory(new char[kRoom + kBytes + 2 * kScanMargin]) {}

BlockFeed::BlockFeed(ByteSource source, Threads threads, Checked checked)
    : source_(std::move(source)), checked_(checked) {
  if (threads == Threads::kTwo) thread_ = std::thread([this] { Run(); });
}

BlockFeed::~BlockFeed() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status BlockFeed::Fill(Block& block) {
  block.size = 0;
  const bool is_over = at_end_;
  while (block.size < Block::kBytes && !at_end_) {
    CARREL_ASSIGN_OR_RETURN(const size_t n,
                            source_(block.data() + block.size, Block::kBytes - block.size));
    at_end_ = n == 0;
    block.size += n;
  }
  if (checked_ == Checked::kNo) return {};
  block.fault = check_.Check({block.data(), block.size});
  if (at_end_ && !is_over && check_.Unfinished()) block.fault = TextFault::kNotUtf8;
  return {};
}

// Null when none is free.
std::unique_ptr<Block> BlockFeed::TakeFree() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return nullptr;
  std::unique_ptr<Block> block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockFeed::Run() {
  ThreadStatus status = ThreadStatus::Of([this] { return FillAll(); });
  const std::lock_guard lock(mutex_);
  is_filled_ = true;
  status_ = std::move(status);
  changed_.notify_all();
}

// Until the end of the stream, or until it is stopped.
Status BlockFeed::FillAll() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || ready_.size() < kAhead; });
      if (stop_) return {};
    }
    std::unique_ptr<Block> block = TakeFree();
    if (!block) block = std::make_unique<Block>();
    CARREL_TRY(Fill(*block));
    if (IsEnd(*block)) return {};
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(block));
    changed_.notify_all();
  }
}

Result<std::unique_ptr<Block>> BlockFeed::NextOfThread() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || is_filled_; });
  if (ready_.empty()) {
    CARREL_TRY(status_.Get());
    return nullptr;
  }
  std::unique_ptr<Block> block = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return block;
}

Result<std::unique_ptr<Block>> BlockFeed::Next() {
  if (thread_.joinable()) return NextOfThread();
  std::unique_ptr<Block> block = TakeFree();
  if (!block) block = std::make_unique<Block>();
  CARREL_TRY(Fill(*block));
  if (IsEnd(*block)) return nullptr;
  return block;
}

void BlockFeed::GiveBack(std::unique_ptr<Block> block) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(block));
}

Result<bool> ByteWindow::More(const char* keep) {
  if (at_end_) return false;
  const std::string_view kept(keep, static_cast<size_t>(end_ - keep));
  CARREL_ASSIGN_OR_RETURN(std::unique_ptr<Block> next, feed_.Next());
  if (!next) {
    at_end_ = true;
    begin_ = keep;
    return false;
  }
  if (next->fault != TextFault::kNone) fault_ = next->fault;
  Join(kept, *next);
  if (block_) feed_.GiveBack(std::move(block_));
  if (kept.size() <= Block::kRoom) {
    block_ = std::move(next);
  } else {
    feed_.GiveBack(std::move(next));
  }
  return true;
}

void ByteWindow::Join(std::string_view kept, Block& block) {
  if (kept.size() <= Block::kRoom) {
    char* begin = block.data() - kept.size();
    if (!kept.empty()) std::memcpy(begin, kept.data(), kept.size());
    begin_ = begin;
    end_ = block.data() + block.size;
    Terminate(block.data() + block.size);
    return;
  }
  const size_t total = kept.size() + block.size;
  const bool inside = !large_.empty() && kept.data() >= large_.data() &&
                      kept.data() < large_.data() + large_.size();
  if (large_.size() < total + kScanMargin) {
    std::vector<char> grown(std::max(2 * large_.size(), total + kScanMargin));
    std::memcpy(grown.data(), kept.data(), kept.size());
    large_ = std::move(grown);
  } else if (inside) {
    std::memmove(large_.data(), kept.data(), kept.size());
  } else {
    std::memcpy(large_.data(), kept.data(), kept.size());
  }
  std::memcpy(large_.data() + kept.size(), block.data(), block.size);
  begin_ = large_.data();
  end_ = large_.data() + total;
  Terminate(large_.data() + total);
}

}  // namespace carrel::usage
