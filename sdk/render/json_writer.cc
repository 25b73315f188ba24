#include "sdk/render/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sdk/render/number_text.h"
#include "sdk/render/raw_text.h"

namespace carrel::render {
namespace {

// 0: as it is; 'u': \u00xx; else the letter after the backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

// "\u00ff" is the longest that becomes of a byte.
constexpr size_t kByteRoom = 6;
// Longer text is escaped piece by piece, so that its room is no multiple of its size.
constexpr size_t kPiece = size_t{16} << 10;

constexpr auto kSpecialInJson = [](Bytes16 bytes) {
  return ((bytes < 0x20) & (bytes >= 0)) | (bytes == '"') | (bytes == '\\');
};

char* PutEscaped(char* to, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char escape = kEscapes[byte];
    if (escape == 0) {
      *to++ = c;
      continue;
    }
    *to++ = '\\';
    *to++ = escape;
    if (escape != 'u') continue;
    *to++ = '0';
    *to++ = '0';
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15];
  }
  return to;
}

char* PutContent(char* to, std::string_view text) {
  return CopyPlain(to, text, kSpecialInJson) ? to + text.size() : PutEscaped(to, text);
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kPiece))) {
    const std::string_view piece = text.substr(0, kPiece);
    out.resize_and_overwrite(out.size() + kByteRoom * piece.size(),
                             [&, before = out.size()](char* data, size_t) {
                               return static_cast<size_t>(PutContent(data + before, piece) - data);
                             });
  }
  out.push_back('"');
}

char* JsonWriter::Room(size_t room) {
  if (out_.size() - used_ < room) {
    out_.resize(std::max(out_.size() + out_.size() / 2, used_ + room + kPiece));
  }
  return out_.data() + used_;
}

char* JsonWriter::Begin(size_t room) {
  char* const to = Room(room + 1);
  *to = ',';
  return to + (std::exchange(comma_, true) ? 1 : 0);
}

void JsonWriter::Literal(std::string_view text) {
  char* const to = Begin(text.size());
  Advance(to + text.copy(to, text.size()));
}

void JsonWriter::Int(int64_t value) { Advance(PutInteger(Begin(kNumberRoom), value)); }

void JsonWriter::Uint(uint64_t value) {
  char* const to = Begin(kNumberRoom);
  Advance(std::to_chars(to, to + kNumberRoom, value).ptr);
}

void JsonWriter::Double(double value) { Advance(PutJsonFloat(Begin(kNumberRoom), value)); }

void JsonWriter::String(std::string_view text) {
  const bool is_short = text.size() <= kPiece;
  char* to = Begin(is_short ? kByteRoom * text.size() + 2 : 1);
  *to++ = '"';
  if (is_short) {
    to = PutContent(to, text);
  } else {
    Advance(to);
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kPiece))) {
      const std::string_view piece = text.substr(0, kPiece);
      Advance(PutContent(Room(kByteRoom * piece.size()), piece));
    }
    to = Room(1);
  }
  *to++ = '"';
  Advance(to);
}

void JsonWriter::Key(std::string_view name) {
  String(name);
  char* const to = Room(1);
  *to = ':';
  Advance(to + 1);
  comma_ = false;
}

void JsonWriter::Open(char bracket) {
  char* const to = Begin(1);
  *to = bracket;
  Advance(to + 1);
  comma_ = false;
}

void JsonWriter::Close(char bracket) {
  comma_ = false;  // none before the end
  char* const to = Begin(1);
  *to = bracket;
  Advance(to + 1);
}

void JsonWriter::Clear() {
  used_ = 0;
  comma_ = false;
}

}  // namespace carrel::render
