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

// The end of a text: the first '<' at or behind `at`, and whether there is anything before it that
// may mean something else than it says: what is no printable ASCII, '&', ']' and '_'.
struct TextEnd {
  const char* at;
  bool special;
};
#if defined(__SSE2__)
inline TextEnd FindTextEnd(const char* at) {
  unsigned special = 0;
  for (;; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i odd = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8('&')));
    const __m128i odd_too = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(']')),
                                         _mm_cmpeq_epi8(block, _mm_set1_epi8('_')));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(odd, odd_too)));
    const auto end =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('<'))));
    // The bits before the first end; all when there is none.
    special |= found & (end == 0 ? 0xFFFFU : (end & -end) - 1);
    if (end != 0) return {at + std::countr_zero(end), special != 0};
  }
}
#else
inline TextEnd FindTextEnd(const char* at) {
  bool special = false;
  for (; *at != '<'; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    special = special || byte < 0x20 || byte >= 0x80 || *at == '&' || *at == ']' || *at == '_';
  }
  return {at, special};
}
#endif

// The end of a number, and whether it is made of anything but digits, + , - . / e and E.
#if defined(__SSE2__)
inline TextEnd FindNumberEnd(const char* at) {
  unsigned special = 0;
  for (;; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i shifted = _mm_sub_epi8(block, _mm_set1_epi8('+'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8('9' - '+')), shifted);
    const __m128i exponent =
        _mm_cmpeq_epi8(_mm_or_si128(block, _mm_set1_epi8(0x20)), _mm_set1_epi8('e'));
    const auto plain = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(digit, exponent)));
    const auto end =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('<'))));
    special |= ~plain & (end == 0 ? 0xFFFFU : (end & -end) - 1);
    if (end != 0) return {at + std::countr_zero(end), special != 0};
  }
}
#else
inline TextEnd FindNumberEnd(const char* at) {
  bool special = false;
  for (; *at != '<'; ++at) {
    special = special || !((*at >= '+' && *at <= '9') || *at == 'e' || *at == 'E');
  }
  return {at, special};
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
