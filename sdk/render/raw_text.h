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

using Words2 = uint64_t __attribute__((vector_size(16)));

template <typename Word>
Word LoadWord(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline bool Any(Bytes16 mask) {
  const auto words = reinterpret_cast<Words2>(mask);
  return (words[0] | words[1]) != 0;
}

// Copies fewer than sixteen bytes and gives them, in any order and number, in a register: a wide
// load from where narrow stores went would wait for them.
inline Bytes16 CopyShort(char* to, const char* from, size_t size) {
  uint64_t first = 0, last = 0;
  if (size >= 8) {
    first = LoadWord<uint64_t>(from);
    last = LoadWord<uint64_t>(from + size - 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size >= 4) {
    const auto begin = LoadWord<uint32_t>(from), end = LoadWord<uint32_t>(from + size - 4);
    std::memcpy(to, &begin, 4);
    std::memcpy(to + size - 4, &end, 4);
    first = last = begin | uint64_t{end} << 32;
  } else {
    const char bytes[] = {from[0], from[size / 2], from[size - 1]};
    to[0] = bytes[0];
    to[size / 2] = bytes[1];
    to[size - 1] = bytes[2];
    for (const char c : bytes) first = first << 8 | static_cast<unsigned char>(c);
    first = last = first << 48 | first << 24 | first;
  }
  return reinterpret_cast<Bytes16>(Words2{first, last});
}

// Copies `text` and says whether `special`, which maps Bytes16 to a mask, found nothing in it. Room
// needed: the size of the text.
template <typename Special>
bool CopyPlain(char* to, std::string_view text, Special special) {
  const char* const from = text.data();
  const size_t size = text.size();
  if (size == 0) return true;
  if (size < 16) return !Any(special(CopyShort(to, from, size)));
  Bytes16 found{};
  // The last piece overlaps the one before it.
  for (size_t i = 0; i < size; i += 16) {
    const size_t at = std::min(i, size - 16);
    const auto bytes = LoadWord<Bytes16>(from + at);
    std::memcpy(to + at, &bytes, 16);
    found |= special(bytes);
  }
  return !Any(found);
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
