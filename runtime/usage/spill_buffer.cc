#include "runtime/usage/spill_buffer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "runtime/base/files.h"

namespace carrel::usage {
namespace {

constexpr size_t kFirstRoom = size_t{64} << 10;
constexpr size_t kFileBuffer = size_t{1} << 20;

// Not every file system knows files that never had a name.
UniqueFd OpenUnnamed(const std::filesystem::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  std::string path = directory / "carrel-strings-XXXXXX";
  fd.Reset(::mkostemp(path.data(), O_CLOEXEC));
  if (fd) ::unlink(path.c_str());
  return fd;
}

}  // namespace

SpillBuffer::~SpillBuffer() {
  if (map_ != nullptr) ::munmap(map_, flushed_);
}

Status SpillBuffer::Flush() {
  if (!fd_) {
    fd_ = OpenUnnamed(directory_);
    if (!fd_) return FailErrno("temporary file for the strings of a spreadsheet");
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
