// Memory for the texts of one row that are not in the file as they are: freed all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace carrel::usage {

// Texts stay where they are until Clear(). Not thread-safe.
class TextArena {
 public:
  // Room for `size` bytes. Give() what is used of it, before the next Take().
  char* Take(size_t size) {
    if (blocks_.empty() || size > room_ - used_) Grow(size);
    return blocks_.back().get() + used_;
  }
  std::string_view Give(const char* begin, size_t size) {
    used_ += size;
    return {begin, size};
  }
  std::string_view Copy(std::string_view text) {
    char* out = Take(text.size());
    std::copy(text.begin(), text.end(), out);
    return Give(out, text.size());
  }
  void Clear() {
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    used_ = 0;
  }

 private:
  static constexpr size_t kBlock = size_t{16} << 10;

  void Grow(size_t size) {
    room_ = std::max({size, kBlock, std::min(2 * room_, size_t{1} << 20)});
    blocks_.push_back(std::unique_ptr<char[]>(new char[room_]));
    used_ = 0;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t room_ = 0;  // of the last block
  size_t used_ = 0;
};

}  // namespace carrel::usage
