// Where a command's words go: results to standard output, everything else to standard error, and
// nothing that a stranger wrote reaches a terminal unescaped.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::cli {

// {"code": "not_found", "message": ...}
OrderedJson ErrorJson(const Error& error);

enum class Style { kPlain, kDim, kBold, kRed, kGreen, kYellow };

// Thread-safe.
class Console {
 public:
  enum class Output { kText, kJson };
  explicit Console(Output output);

  bool is_json() const { return output_ == Output::kJson; }
  // A bar can be drawn: standard error is a terminal that understands it.
  bool is_interactive() const { return is_interactive_; }
  bool stdout_has_colour() const { return stdout_has_colour_; }

  // Results for people: nothing with --json. Controls in `text` are escaped, newlines kept.
  void Print(std::string_view text);
  // With newlines and tabs escaped too.
  void PrintLine(std::string_view text);
  // As it is: text that was made for output already.
  void PrintRaw(std::string_view text);
  void PrintJson(const OrderedJson& value);
  // Columns padded to their widest cell; the first row is the heading. A cell is one line.
  void PrintTable(std::vector<std::vector<std::string>> rows);

  // One line to standard error, above the bar if there is one.
  void Note(std::string_view text, Style style = Style::kPlain);
  // "carrel: error: ..." to standard error.
  void NoteError(const Error& error);
  // The same, and with --json the error object.
  void PrintError(const Error& error);

  // Replaces the last line of standard error; "" removes it. Interactive only.
  void SetBar(std::string_view bar);

 private:
  void WriteError(std::string_view text);

  const Output output_;
  bool is_interactive_ = false;
  bool has_colour_ = false;
  bool stdout_has_colour_ = false;
  std::mutex mutex_;
  std::string bar_;  // guarded by mutex_
};

}  // namespace carrel::cli
