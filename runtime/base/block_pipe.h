// Hands blocks of bytes from the thread that makes them to one that works on them, when the
// machine and the process's limits have room for a second thread.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "runtime/base/exceptions.h"
#include "runtime/base/result.h"

namespace carrel {

enum class Threading : uint8_t {
  kInline,     // all work on the caller's thread
  kWhenSpare,  // a second thread, started with the first full block, if HasSpareCore()
};

// Whether another thread would run beside this one and is not missed by somebody else: more than
// one processor may be used, and the process may have at least kFewThreads threads.
inline constexpr uint64_t kFewThreads = 4;
bool HasSpareCore();

// Bytes are collected into blocks of exactly kBlockBytes, whatever pieces they come in and whoever
// consumes them, so that what the consumer makes of them depends on the bytes alone. Used by one
// thread; the consumer runs on that or the second one, never on both at a time. After a failure
// of the consumer everything fails with it; what it throws is thrown to the caller, then and from
// then on. A thread that cannot be started is done without.
class BlockPipe {
 public:
  static constexpr size_t kBlockBytes = size_t{128} << 10;
  using Consumer = std::function<Status(std::string_view block)>;

  BlockPipe(Threading threading, Consumer consumer);
  // What was not consumed is dropped.
  ~BlockPipe();
  BlockPipe(const BlockPipe&) = delete;
  BlockPipe& operator=(const BlockPipe&) = delete;

  Status Write(std::string_view bytes);
  // Waits for the consumer to have had every full block; the rest, less than one, is returned and
  // forgotten. Valid until the next Write. The consumer is idle afterwards.
  Result<std::string_view> Drain();

  bool has_thread() const { return thread_.joinable(); }

 private:
  static constexpr size_t kBlocks = 4;  // one being filled, one being consumed

  Status Push();
  ThreadStatus Feed(size_t index) const;
  void StartThread();
  void Consume();

  const Consumer consumer_;
  Threading threading_;
  std::array<std::unique_ptr<char[]>, kBlocks> blocks_;  // not touched before they are filled
  size_t filling_ = 0;                                   // index of the block that Write fills
  size_t filled_ = 0;                                    // bytes in it

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  size_t oldest_ = 0;   // index of the next block to consume
  size_t waiting_ = 0;  // full blocks, with the one being consumed
  bool stopping_ = false;
  ThreadStatus status_;

  std::thread thread_;
};

}  // namespace carrel
