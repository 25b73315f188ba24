// Text written by wide stores into room that the caller has made, for the paths that every cell
// takes. A store may write behind what it counts, never behind the room it names.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace carrel::render {

// Sixteen bytes; comparisons give 0 or -1 for each. Compilers turn it into what the processor has.
using Bytes16 = signed char __attribute__((vector_size(16)));

inline Bytes16 Load16(const char* from) {
  Bytes16 bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

inline bool Any(Bytes16 mask) {
  uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Copies `text` and says whether `special`, which maps Bytes16 to a mask, found nothing in it. Room
// needed: the size of the text.
template <typename Special>
bool CopyPlain(char* to, std::string_view text, Special special) {
  const char* const from = text.data();
  const size_t size = text.size();
  if (size >= 16) {
    Bytes16 found{};
    // The last piece overlaps the one before it.
    for (size_t i = 0; i < size; i += 16) {
      const size_t at = std::min(i, size - 16);
      const Bytes16 bytes = Load16(from + at);
      std::memcpy(to + at, &bytes, 16);
      found |= special(bytes);
    }
    return !Any(found);
  }
  char piece[16];
  if (size >= 8) {
    std::memcpy(piece, from, 8);
    std::memcpy(piece + 8, from + size - 8, 8);
    std::memcpy(to, piece, 8);
    std::memcpy(to + size - 8, piece + 8, 8);
  } else if (size >= 4) {
    std::memcpy(piece, from, 4);
    std::memcpy(piece + 4, from + size - 4, 4);
    std::memcpy(piece + 8, piece, 8);
    std::memcpy(to, piece, 4);
    std::memcpy(to + size - 4, piece + 4, 4);
  } else if (size > 0) {
    std::memset(piece, from[0], sizeof piece);
    piece[1] = from[size / 2];
    piece[2] = from[size - 1];
    to[0] = piece[0];
    to[size / 2] = piece[1];
    to[size - 1] = piece[2];
  } else {
    return true;
  }
  return !Any(special(Load16(piece)));
}

// A short constant text that is put with one store of kRoom bytes.
template <size_t kRoom>
class Piece {
 public:
  // False without effect when the text is too long.
  bool Set(std::string_view text) {
    if (text.size() > kRoom) return false;
    size_ = static_cast<uint8_t>(text.copy(text_, kRoom));
    return true;
  }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {text_, size_}; }
  // Returns the end of the text; kRoom bytes are written.
  char* Put(char* to) const {
    std::memcpy(to, text_, kRoom);
    return to + size_;
  }

 private:
  static_assert(kRoom < 256);
  char text_[kRoom] = {};
  uint8_t size_ = 0;
};

// "07": two digits of a number below 100.
inline char* PutTwoDigits(char* to, unsigned value) {
  static constexpr char kPairs[] =
      "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445"
      "46"
      "47484950515253545556575859606162636465666768697071727374757677787980818283848586878889909192"
      "93"
      "949596979899";
  std::memcpy(to, kPairs + size_t{2} * value, 2);
  return to + 2;
}

// Exactly kCount digits, an even number.
template <size_t kCount>
char* PutDigits(char* to, uint64_t value) {
  static_assert(kCount % 2 == 0);
  for (size_t i = kCount; i > 0; i -= 2, value /= 100) {
    PutTwoDigits(to + i - 2, static_cast<unsigned>(value % 100));
  }
  return to + kCount;
}

// The end without the zeros there.
inline char* WithoutZeros(char* end) {
  while (end[-1] == '0') --end;
  return end;
}

}  // namespace carrel::render
