#include "runtime/usage/text_check.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/base/text.h"

namespace carrel::usage {
namespace {

// Sixteen bytes at once, in whatever registers the machine has.
using Block = unsigned char __attribute__((vector_size(16)));

Block Load(const char* at) {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

bool Any(Block block) {
  std::array<uint64_t, 2> words{};
  std::memcpy(words.data(), &block, sizeof block);
  return (words[0] | words[1]) != 0;
}

Block Equal(Block block, unsigned char byte) { return reinterpret_cast<Block>(block == byte); }

struct Seen {
  bool high = false, control = false;
};

// What occurs in `text`; `control` is any control character but tabs and line ends.
Seen Look(std::string_view text) {
  Block high{}, control{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (; end - at >= 16; at += 16) {
    const Block block = Load(at);
    high |= block;
    control |= reinterpret_cast<Block>(block < 0x20) &
               ~(Equal(block, '\t') | Equal(block, '\n') | Equal(block, '\r'));
  }
  Seen seen{.high = Any(high & 0x80), .control = Any(control)};
  for (; at < end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    seen.high = seen.high || byte >= 0x80;
    seen.control = seen.control || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r');
  }
  return seen;
}

// How much of `bytes` ends with a whole character.
size_t WholeCharacters(std::string_view bytes) {
  for (size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return size > back ? bytes.size() - back : bytes.size();
  }
  return bytes.size();
}

TextFault Judge(std::string_view text) {
  if (!IsUtf8(text)) return TextFault::kNotUtf8;
  if (text.find("\xEF\xBF\xBE") != text.npos || text.find("\xEF\xBF\xBF") != text.npos) {
    return TextFault::kNonCharacter;
  }
  return TextFault::kNone;
}

}  // namespace

bool IsAscii(std::string_view text) {
  constexpr size_t kStep = 64;
  Block a{}, b{}, c{}, d{};
  const char* at = text.data();
  for (size_t steps = text.size() / kStep; steps > 0; --steps, at += kStep) {
    a |= Load(at);
    b |= Load(at + 16);
    c |= Load(at + 32);
    d |= Load(at + 48);
  }
  unsigned char rest = 0;
  for (; at < text.data() + text.size(); ++at) rest |= static_cast<unsigned char>(*at);
  return rest < 0x80 && !Any((a | b | c | d) & 0x80);
}

TextFault TextCheck::CheckUnicode(std::string_view piece) {
  std::string joined;
  if (!tail_.empty()) {
    // The begun character with its rest alone, then the piece.
    size_t take = 0;
    while (take < piece.size() && take < 3 && (piece[take] & 0xC0) == 0x80) ++take;
    joined = tail_ + std::string(piece.substr(0, take));
    const bool whole = WholeCharacters(joined) == joined.size();
    if (!whole && take == piece.size()) {
      tail_ = joined;
      return TextFault::kNone;
    }
    tail_.clear();
    if (const TextFault fault = Judge(joined); fault != TextFault::kNone) return fault;
    piece.remove_prefix(take);
  }
  const size_t whole = WholeCharacters(piece);
  tail_ = piece.substr(whole);
  return Judge(piece.substr(0, whole));
}

TextFault TextCheck::Check(std::string_view piece) {
  const Seen seen = Look(piece);
  const bool ascii = !seen.high && tail_.empty();
  if (seen.control) return TextFault::kControl;
  return ascii ? TextFault::kNone : CheckUnicode(piece);
}

}  // namespace carrel::usage
