#include "runtime/usage/spill_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "runtime/base/files.h"

namespace carrel::usage {
namespace {

constexpr size_t kFirstRoom = size_t{64} << 10;
constexpr size_t kFileBuffer = size_t{1} << 20;

}  // namespace

SpillBuffer::~SpillBuffer() {
  if (map_ != nullptr) ::munmap(map_, flushed_);
}

Status SpillBuffer::Flush() {
  if (!fd_) {
    auto fd = OpenUnnamed(directory_);
    if (!fd) return Wrap(fd.error(), "temporary file for the strings of a spreadsheet");
    fd_ = std::move(*fd);
  }
  auto status = WriteAll(fd_.get(), {memory_.get(), used_});
  if (!status) return Wrap(status.error(), "temporary file for the strings of a spreadsheet");
  flushed_ += used_;
  used_ = 0;
  return {};
}

Status SpillBuffer::MakeRoom(size_t size) {
  const size_t wanted = std::max({used_ + size, 2 * room_, kFirstRoom});
  if (!fd_ && wanted <= max_memory_) {
    std::unique_ptr<char[]> grown(new char[wanted]);
    if (used_ > 0) std::memcpy(grown.get(), memory_.get(), used_);
    memory_ = std::move(grown);
    room_ = wanted;
    return {};
  }
  CARREL_TRY(Flush());
  room_ = std::max(size, kFileBuffer);
  memory_.reset(new char[room_]);
  return {};
}

Result<const char*> SpillBuffer::Finish() {
  if (!fd_) return memory_.get();
  CARREL_TRY(Flush());
  memory_.reset();
  room_ = 0;
  map_ = ::mmap(nullptr, flushed_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
  if (map_ == MAP_FAILED) {
    map_ = nullptr;
    return FailErrno("map the strings of a spreadsheet");
  }
  return static_cast<const char*>(map_);
}

}  // namespace carrel::usage
