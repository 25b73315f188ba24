// One cell as SpreadsheetML. The rules of runtime/docs/formats.md, "xlsx", live here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/xlsx_styles.h"

namespace carrel::render {

inline constexpr uint32_t kMaxSheetRows = 1'048'576;
inline constexpr uint32_t kMaxSheetColumns = 16'384;
inline constexpr size_t kMaxCellText = 32'767;  // UTF-16 units
// Beyond 2^53 a spreadsheet holds the nearest double, whatever digits the file has.
inline constexpr int64_t kMaxExactInteger = int64_t{1} << 53;

// "A", "AB": `column` from 1.
std::string ColumnName(uint32_t column);

struct CellPosition {
  uint32_t column = 0, row = 0;  // from 1
};
// Of "AB12"; nothing for what is no cell.
std::optional<CellPosition> ParseReference(std::string_view reference);

// "#N/A" and the like, which a workbook holds as errors and not as text.
bool IsErrorText(std::string_view text);

// Tags of a sheet with the prefix that its own tags have, "" or "x:".
struct CellTags {
  explicit CellTags(std::string_view prefix);
  std::string open;   // <c r="
  std::string close;  // </c>
  std::string value_open, value_close;
  std::string text_open, text_open_preserve, text_close;  // <is><t> ... </t></is></c>
  std::string runs_open, run_open, run_close, runs_close;
  std::string no_result;  // ><f>NA()</f></c>
};

// Writes cells of one sheet. Not thread-safe.
class XlsxCellWriter {
 public:
  enum class Epoch : uint8_t { k1900, k1904 };

  XlsxCellWriter(std::string_view prefix, Epoch epoch, XlsxStyles& styles)
      : tags_(prefix), epoch_(epoch), styles_(styles) {}

  // Appends the cell at `ref` ("B7"); `style` is what the template has there, 0 for none. An
  // empty value gives no cell at all when the style is 0. kInvalid, without the place, when a
  // workbook cannot hold the value.
  Status Append(std::string& out, std::string_view ref, uint32_t style, const Cell& cell);
  // The text itself, also one that is the name of an error.
  Status AppendPlainText(std::string& out, std::string_view ref, uint32_t style,
                         std::string_view text);
  // `error` is a text of which IsErrorText is true.
  void AppendError(std::string& out, std::string_view ref, uint32_t style, std::string_view error);
  // A formula whose result is not stored; a program that computes it gets #N/A.
  void AppendNoResult(std::string& out, std::string_view ref, uint32_t style);

 private:
  void Open(std::string& out, std::string_view ref, uint32_t style) const;
  void AppendBlank(std::string& out, std::string_view ref, uint32_t style) const;
  void AppendNumber(std::string& out, std::string_view ref, uint32_t style, double value) const;
  Status AppendTime(std::string& out, std::string_view ref, uint32_t style, const Cell& cell);
  void AppendRuns(std::string& out, std::string_view text, size_t literal) const;
  void AppendInteger(std::string& out, std::string_view ref, uint32_t style, int64_t value) const;

  CellTags tags_;
  Epoch epoch_;
  XlsxStyles& styles_;
};

// 9999-12-31 as a day since 1970-01-01: the last that a workbook has.
inline constexpr int64_t kLastUnixDay = 2'932'896;
// 1970-01-01 as a day of the workbook.
int64_t UnixDay(XlsxCellWriter::Epoch epoch);
// The number that stands for a date, a time or a duration.
double SerialOf(const Cell& cell, XlsxCellWriter::Epoch epoch);

// XML 1.0 text; kInvalid naming the character when XML cannot carry one, or it is not UTF-8.
Status AppendXmlText(std::string& out, std::string_view text);

}  // namespace carrel::render
