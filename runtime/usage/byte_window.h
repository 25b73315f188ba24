// A window that moves over a stream of any length: the parsers see what they have not used yet as
// one contiguous text. Fills on a second thread when asked to.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/base/exceptions.h"
#include "runtime/base/result.h"
#include "runtime/usage/cell.h"
#include "runtime/usage/text_check.h"

namespace carrel::usage {

// Fills a buffer; 0 at the end.
using ByteSource = std::function<Result<size_t>(char*, size_t)>;

// A piece of the stream, with room before it for what is left of the piece before.
struct Block {
  static constexpr size_t kRoom = size_t{64} << 10;
  static constexpr size_t kBytes = size_t{256} << 10;

  Block();
  char* data() { return memory.get() + kRoom; }
  char* begin() { return memory.get(); }

  std::unique_ptr<char[]> memory;
  size_t size = 0;
  TextFault fault = TextFault::kNone;
};

// Whether the bytes are looked at as text (TextCheck) while they arrive.
enum class Checked : uint8_t { kNo, kYes };

// Where blocks come from: filled in the caller's thread or ahead of it in another, whose exceptions
// are thrown to the caller. One caller.
class BlockFeed {
 public:
  BlockFeed(ByteSource source, Threads threads, Checked checked);
  ~BlockFeed();
  BlockFeed(const BlockFeed&) = delete;
  BlockFeed& operator=(const BlockFeed&) = delete;

  // The next block, null at the end. Give each back before the next but one is asked for.
  Result<std::unique_ptr<Block>> Next();
  void GiveBack(std::unique_ptr<Block> block);

 private:
  static constexpr size_t kAhead = 4;

  Status Fill(Block& block);
  void Run();
  Status FillAll();
  std::unique_ptr<Block> TakeFree();
  Result<std::unique_ptr<Block>> NextOfThread();

  ByteSource source_;
  Checked checked_;
  TextCheck check_;
  bool at_end_ = false;  // of the thread that fills

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Block>> free_;
  std::deque<std::unique_ptr<Block>> ready_;
  bool stop_ = false;
  bool is_filled_ = false;  // nothing follows what is ready, because of
  ThreadStatus status_;
  std::thread thread_;
};

// [begin, end) is the part of the stream that is in memory; a '<' and kScanMargin readable bytes
// follow it. Not thread-safe.
class ByteWindow {
 public:
  ByteWindow(ByteSource source, Threads threads, Checked checked)
      : feed_(std::move(source), threads, checked) {}

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  std::string_view text() const { return {begin_, end_}; }
  bool at_end() const { return at_end_; }
  // The last that was found, anywhere up to end().
  TextFault fault() const { return fault_; }

  // Drops all before `keep` and appends the next piece, which moves the text. False at the end of
  // the stream.
  Result<bool> More(const char* keep);

 private:
  void Join(std::string_view kept, Block& block);

  BlockFeed feed_;
  std::unique_ptr<Block> block_;  // what the window shows, or
  std::vector<char> large_;       // where a text too long for a block's room is put together
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  bool at_end_ = false;
  TextFault fault_ = TextFault::kNone;
};

}  // namespace carrel::usage
