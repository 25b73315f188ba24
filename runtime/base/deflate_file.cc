#include "runtime/base/deflate_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/exceptions.h"

namespace carrel {
namespace {

constexpr unsigned kMostThreads = 4;

struct Content {
  int fd;
  uint64_t size;

  uint64_t Segments() const {
    return std::max<uint64_t>((size + kSegmentBytes - 1) / kSegmentBytes, 1);
  }
};

struct Segment {
  std::string bytes;
  uint32_t crc = 0;
  uint64_t size = 0;
};

// Makes one segment after the other; one for each thread.
class SegmentMaker {
 public:
  SegmentMaker(const Content& content, Compression compression)
      : content_(content), deflater_(MakeDeflater(compression)), input_(kSegmentBytes, '\0') {}

  Status Make(uint64_t index, Segment& segment) {
    const uint64_t offset = index * kSegmentBytes;
    const bool is_last = index + 1 == content_.Segments();
    segment.size = std::min(kSegmentBytes, content_.size - offset);
    CARREL_TRY(Read(offset, segment.size));
    const std::string_view input(input_.data(), segment.size);
    segment.crc = Crc32(0, input);
    segment.bytes.clear();
    CARREL_TRY(deflater_->Start());
    return deflater_->Deflate(input, is_last ? Deflater::Part::kLast : Deflater::Part::kSegment,
                              [&segment](std::string_view bytes) -> Status {
                                segment.bytes += bytes;
                                return {};
                              });
  }

 private:
  Status Read(uint64_t offset, uint64_t size) {
    for (uint64_t filled = 0; filled < size;) {
      const ssize_t n = ::pread(content_.fd, input_.data() + filled, size - filled,
                                static_cast<off_t>(offset + filled));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FailErrno("compressing a file");
      if (n == 0) return Fail(Code::kIo, "compressing a file: it got shorter meanwhile");
      filled += static_cast<uint64_t>(n);
    }
    return {};
  }

  const Content& content_;
  std::unique_ptr<Deflater> deflater_;
  std::string input_;
};

// Hands the segments, made by threads of its own, to one consumer in order.
class Crew {
 public:
  Crew(const Content& content, Compression compression)
      : content_(content), compression_(compression) {}
  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      next_ = content_.Segments();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Up to `count` threads, as many as can be had; false for none.
  bool Hire(unsigned count) {
    while (threads_.size() < count && HireOne()) {
    }
    return !threads_.empty();
  }

  Status Take(uint64_t index, Segment& segment) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[index % kSlots];
    changed_.wait(lock, [this, &slot] { return slot.is_ready || !status_; });
    CARREL_TRY(status_.Get());
    std::swap(slot.segment, segment);
    slot.is_ready = false;
    taken_ = index + 1;
    changed_.notify_all();
    return {};
  }

 private:
  static constexpr size_t kSlots = size_t{2} * kMostThreads;
  struct Slot {
    Segment segment;
    bool is_ready = false;
  };

  bool HireOne() {
    try {
      threads_.emplace_back([this] { Work(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void Work() {
    ThreadStatus status = ThreadStatus::Of([this] { return MakeAll(); });
    if (status) return;
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    changed_.notify_all();
  }

  // Until all are begun, by this thread or the others.
  Status MakeAll() {
    SegmentMaker maker(content_, compression_);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock,
                    [this] { return next_ >= content_.Segments() || next_ < taken_ + kSlots; });
      if (next_ >= content_.Segments()) return {};
      const uint64_t index = next_++;
      Slot& slot = slots_[index % kSlots];
      lock.unlock();
      CARREL_TRY(maker.Make(index, slot.segment));
      lock.lock();
      slot.is_ready = true;
      changed_.notify_all();
    }
  }

  const Content& content_;
  const Compression compression_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_; a slot that is not ready belongs to the thread that has its index.
  uint64_t next_ = 0;   // index of the segment to begin
  uint64_t taken_ = 0;  // segments that the consumer has had
  Slot slots_[kSlots];
  ThreadStatus status_;  // of the thread that failed last
  std::vector<std::thread> threads_;
};

unsigned ThreadsFor(const Content& content, Threading threading) {
  if (threading == Threading::kInline || content.Segments() == 1 || !HasSpareCore()) return 0;
  return std::clamp(std::thread::hardware_concurrency(), 2U, kMostThreads);
}

}  // namespace

Result<DeflatedFile> DeflateFile(int fd, Compression compression, Threading threading,
                                 const Deflater::Sink& sink) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return FailErrno("compressing a file");
  const Content content{fd, static_cast<uint64_t>(info.st_size)};
  Crew crew(content, compression);
  const unsigned threads = ThreadsFor(content, threading);
  std::optional<SegmentMaker> alone;
  if (threads == 0 || !crew.Hire(threads)) alone.emplace(content, compression);
  DeflatedFile file;
  Segment segment;
  for (uint64_t i = 0; i < content.Segments(); ++i) {
    CARREL_TRY(alone ? alone->Make(i, segment) : crew.Take(i, segment));
    CARREL_TRY(sink(segment.bytes));
    file.crc = static_cast<uint32_t>(
        ::crc32_combine(file.crc, segment.crc, static_cast<z_off_t>(segment.size)));
    file.size += segment.size;
    file.compressed_size += segment.bytes.size();
  }
  return file;
}

}  // namespace carrel
