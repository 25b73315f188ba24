// Looks once over all bytes of a stream, in pieces: whether they are UTF-8 without control
// characters, and which rare bytes occur, so that the parsers need not look at each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::usage {

enum class TextFault : uint8_t { kNone, kNotUtf8, kControl, kNonCharacter };

struct TextNote {
  // An '&', a ']', a carriage return or "_x": text that is not what it says.
  bool special = false;
  bool ascii = true;
  TextFault fault = TextFault::kNone;
};

class TextCheck {
 public:
  // The pieces in order. A character cut between two pieces is judged with the second.
  TextNote Check(std::string_view piece);
  // Whether the last piece ended within a character.
  bool Unfinished() const { return !tail_.empty(); }

 private:
  TextFault CheckUnicode(std::string_view piece);

  std::string tail_;  // the begun character, at most 3 bytes
  bool ended_with_underscore_ = false;
};

}  // namespace carrel::usage
