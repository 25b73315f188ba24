// A growing run of bytes that moves to an anonymous temporary file when it becomes large, so that
// a workbook's strings cannot fill the memory of the host.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::usage {

// Append, then Finish, then read. Not thread-safe.
class SpillBuffer {
 public:
  // Memory up to `max_memory`; what is beyond lies in a file of `directory` without a name.
  SpillBuffer(uint64_t max_memory, std::filesystem::path directory)
      : max_memory_(max_memory), directory_(std::move(directory)) {}
  ~SpillBuffer();
  SpillBuffer(const SpillBuffer&) = delete;
  SpillBuffer& operator=(const SpillBuffer&) = delete;

  Status Append(std::string_view bytes) {
    if (bytes.size() > room_ - used_) CARREL_TRY(MakeRoom(bytes.size()));
    bytes.copy(memory_.get() + used_, bytes.size());
    used_ += bytes.size();
    return {};
  }
  uint64_t size() const { return flushed_ + used_; }
  bool spilled() const { return static_cast<bool>(fd_); }
  // Everything, as one piece of memory that lives as long as the buffer. No Append after it.
  Result<const char*> Finish();

 private:
  Status MakeRoom(size_t size);
  Status Flush();

  uint64_t max_memory_;
  std::filesystem::path directory_;
  std::unique_ptr<char[]> memory_;
  size_t room_ = 0;
  size_t used_ = 0;
  uint64_t flushed_ = 0;
  UniqueFd fd_;
  void* map_ = nullptr;
};

}  // namespace carrel::usage
