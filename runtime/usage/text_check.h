// Looks once over all bytes of a stream, in pieces: whether they are UTF-8 without control
// characters, so that the parser need not look at each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::usage {

enum class TextFault : uint8_t { kNone, kNotUtf8, kControl, kNonCharacter };

bool IsAscii(std::string_view text);

class TextCheck {
 public:
  // The pieces in order. A character cut between two pieces is judged with the second.
  TextFault Check(std::string_view piece);
  // Whether the last piece ended within a character.
  bool Unfinished() const { return !tail_.empty(); }

 private:
  TextFault CheckUnicode(std::string_view piece);

  std::string tail_;  // the begun character, at most 3 bytes
};

}  // namespace carrel::usage
