#include "sdk/render/fold_case.h"

#include <cstdint>

namespace carrel::render {
namespace {

// Every `step`th character from `first` to `last` has its small letter `distance` further on.
struct Capitals {
  uint32_t first, last, step;
  int32_t distance;
};

// Simple lower-case mappings of UnicodeData.txt, Unicode 15, below U+0590 and of U+1E00 to U+1EFF,
// but for rare letters.
constexpr Capitals kCapitals[] = {
    {0xC0, 0xD6, 1, 32},    {0xD8, 0xDE, 1, 32},    {0x100, 0x12E, 2, 1},    {0x132, 0x136, 2, 1},
    {0x139, 0x147, 2, 1},   {0x14A, 0x176, 2, 1},   {0x178, 0x178, 1, -121}, {0x179, 0x17D, 2, 1},
    {0x181, 0x181, 1, 210}, {0x182, 0x184, 2, 1},   {0x186, 0x186, 1, 206},  {0x187, 0x187, 1, 1},
    {0x189, 0x18A, 1, 205}, {0x18E, 0x18E, 1, 79},  {0x190, 0x190, 1, 203},  {0x194, 0x194, 1, 207},
    {0x198, 0x198, 1, 1},   {0x1B3, 0x1B5, 2, 1},   {0x18F, 0x18F, 1, 202},  {0x1A0, 0x1A4, 2, 1},
    {0x1AF, 0x1AF, 1, 1},   {0x1CD, 0x1DB, 2, 1},   {0x1DE, 0x1EE, 2, 1},    {0x1F4, 0x1F4, 1, 1},
    {0x1F8, 0x21E, 2, 1},   {0x222, 0x232, 2, 1},   {0x386, 0x386, 1, 38},   {0x388, 0x38A, 1, 37},
    {0x38C, 0x38C, 1, 64},  {0x38E, 0x38F, 1, 63},  {0x391, 0x3A1, 1, 32},   {0x3A3, 0x3AB, 1, 32},
    {0x400, 0x40F, 1, 80},  {0x410, 0x42F, 1, 32},  {0x460, 0x480, 2, 1},    {0x48A, 0x4BE, 2, 1},
    {0x4C0, 0x4C0, 1, 15},  {0x4C1, 0x4CD, 2, 1},   {0x4D0, 0x52E, 2, 1},    {0x531, 0x556, 1, 48},
    {0x1E00, 0x1E94, 2, 1}, {0x1EA0, 0x1EFE, 2, 1},
};

uint32_t Lower(uint32_t character) {
  for (const Capitals& range : kCapitals) {
    if (character < range.first || character > range.last) continue;
    const bool is_capital = (character - range.first) % range.step == 0;
    return is_capital ? character + static_cast<uint32_t>(range.distance) : character;
  }
  return character;
}

uint32_t Byte(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
}

}  // namespace

std::string FoldCase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const uint32_t lead = Byte(text, i), next = Byte(text, i + 1), third = Byte(text, i + 2);
    if (lead >= 'A' && lead <= 'Z') {
      out.push_back(static_cast<char>(lead + 32));
    } else if (lead >= 0xC2 && lead <= 0xDF && (next & 0xC0) == 0x80) {
      const uint32_t small = Lower((lead & 0x1F) << 6 | (next & 0x3F));
      out.push_back(static_cast<char>(0xC0 | small >> 6));
      out.push_back(static_cast<char>(0x80 | (small & 0x3F)));
      ++i;
    } else if (lead == 0xE1 && (next & 0xC0) == 0x80 && (third & 0xC0) == 0x80) {
      const uint32_t small = Lower(0x1000 | (next & 0x3F) << 6 | (third & 0x3F));
      out.push_back(static_cast<char>(0xE0 | small >> 12));
      out.push_back(static_cast<char>(0x80 | (small >> 6 & 0x3F)));
      out.push_back(static_cast<char>(0x80 | (small & 0x3F)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace carrel::render
