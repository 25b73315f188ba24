// Finds bytes in text whose buffer may be read a little beyond its end: the inner loops of the
// spreadsheet readers, with SSE2 where the compiler has it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::usage {

// How far beyond the end of its text a scanned buffer must be readable.
inline constexpr size_t kScanMargin = 128;

inline uint64_t Load64(const char* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The first `byte` at or behind `at`. The caller has put one behind the end of the text.
#if defined(__SSE2__)
inline const char* FindByte(const char* at, char byte) {
  const __m128i wanted = _mm_set1_epi8(byte);
  for (;; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted)));
    if (mask != 0) return at + std::countr_zero(mask);
  }
}
#else
inline const char* FindByte(const char* at, char byte) {
  while (*at != byte) ++at;
  return at;
}
#endif

// One bit for each of the 64 bytes at `at` that is one of `a`, `b`, `c`, `d`.
#if defined(__SSE2__)
inline uint64_t MaskOfAny(const char* at, char a, char b, char c, char d) {
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + i);
    const __m128i one = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(a)),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8(b)));
    const __m128i two = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8(d)));
    const auto bits = static_cast<uint16_t>(_mm_movemask_epi8(_mm_or_si128(one, two)));
    mask |= static_cast<uint64_t>(bits) << (16 * i);
  }
  return mask;
}
#else
inline uint64_t MaskOfAny(const char* at, char a, char b, char c, char d) {
  uint64_t mask = 0;
  for (int i = 0; i < 64; ++i) {
    const bool hit = at[i] == a || at[i] == b || at[i] == c || at[i] == d;
    mask |= static_cast<uint64_t>(hit) << i;
  }
  return mask;
}
#endif

}  // namespace carrel::usage
