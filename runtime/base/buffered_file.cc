#include "runtime/base/buffered_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"

namespace carrel {
namespace {

Status FailWrite(uint64_t offset) {
  switch (errno) {
    case EFBIG:
      return Fail(Code::kLimit,
                  fmt::format("output file too large: limit reached at {}", HumanBytes(offset)));
    case ENOSPC:
    case EDQUOT:
      return Fail(Code::kIo,
                  fmt::format("storing the result failed: no space left for the output file at {}",
                              HumanBytes(offset)));
    default:
      return FailErrno("write output file");
  }
}

}  // namespace

BufferedFile::BufferedFile(int fd) : fd_(fd), start_(::lseek(fd, 0, SEEK_CUR)) {
  buffer_.reserve(kBufferBytes + (size_t{64} << 10));
}

Status BufferedFile::WriteAt(uint64_t offset, std::string_view bytes) const {
  if (start_ < 0) return Fail(Code::kIo, "output file is not seekable");
  while (!bytes.empty()) {
    const auto position = static_cast<off_t>(static_cast<uint64_t>(start_) + offset);
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), position);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailWrite(offset);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return {};
}

Status BufferedFile::Append(std::string_view bytes) {
  if (bytes.size() >= kBufferBytes) {
    CARREL_TRY(Flush());
    CARREL_TRY(WriteAt(written_, bytes));
    written_ += bytes.size();
    return {};
  }
  buffer_.append(bytes);
  return MaybeFlush();
}

Status BufferedFile::Flush() {
  CARREL_TRY(WriteAt(written_, buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status BufferedFile::Patch(uint64_t offset, std::string_view bytes) {
  if (offset < written_) {
    const size_t on_disk = static_cast<size_t>(std::min<uint64_t>(bytes.size(), written_ - offset));
    CARREL_TRY(WriteAt(offset, bytes.substr(0, on_disk)));
    bytes.remove_prefix(on_disk);
    offset += on_disk;
  }
  if (!bytes.empty()) bytes.copy(buffer_.data() + (offset - written_), bytes.size());
  return {};
}

}  // namespace carrel
