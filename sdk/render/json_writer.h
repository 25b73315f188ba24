// Builds JSON text by appending, for language hosts that turn their own values into JSON rows
// without an object model in between. The text is what orjson prints for the same values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::render {

// Commas and colons are put by the writer; the caller balances Begin and End and calls Key before
// each value of an object. Not thread-safe. Text is UTF-8.
class JsonWriter {
 public:
  void Null() { Literal("null"); }
  void Bool(bool value) { Literal(value ? "true" : "false"); }
  void Int(int64_t value);
  void Uint(uint64_t value);
  void Double(double value);  // NaN and infinities: null
  void String(std::string_view text);

  void BeginObject() { Open('{'); }
  void Key(std::string_view name);
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }

  std::string_view text() const { return {out_.data(), used_}; }
  size_t size() const { return used_; }
  // Empty again, memory kept.
  void Clear();

 private:
  // Where up to `room` bytes may be written, then to be told to Advance.
  char* Room(size_t room);
  // The same, behind the comma that is due.
  char* Begin(size_t room);
  void Advance(const char* end) { used_ = static_cast<size_t>(end - out_.data()); }
  void Literal(std::string_view text);
  void Open(char bracket);
  void Close(char bracket);

  std::string out_;  // its first used_ bytes; the rest is room
  size_t used_ = 0;
  bool comma_ = false;  // the next key or value follows another one
};

// `text` in quotes, escaped: \" \\ \b \f \n \r \t, other controls as \u00xx, all else as it is.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace carrel::render
