#include "sdk/render/csv_row.h"

#include <string_view>

#include "sdk/render/cell_text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/raw_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

// Quotes, delimiter and the longest value that is no text, with what wide stores write beyond.
constexpr size_t kFieldRoom = 64;
static_assert(kFieldRoom >= kNumberRoom + 8 && kFieldRoom >= kTimeRoom + 8);

bool IsText(const Cell& cell) {
  const CellKind kind = cell.kind;
  return kind == CellKind::kText || kind == CellKind::kOther || kind == CellKind::kDecimal ||
         kind == CellKind::kBigInteger || kind == CellKind::kLongDuration || PrintsItself(cell);
}

std::string_view TextOf(const Cell& cell) { return PrintsItself(cell) ? cell.printed : cell.text; }

// Of the kinds that are no text: none of their values contains a quote or a line end.
char* PutValue(char* to, const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kBool: {
      const std::string_view text = cell.integer != 0 ? "True" : "False";
      return to + text.copy(to, text.size());
    }
    case CellKind::kInteger:
      return PutInteger(to, cell.integer);
    case CellKind::kFloat:
      return PutPythonFloat(to, cell.number);
    case CellKind::kDate:
      return PutDate(to, cell.micros);
    case CellKind::kTime:
      return PutTime(to, cell);
    case CellKind::kDateTime:
      return PutDateTime(to, cell);
    case CellKind::kDuration:
      return PutDuration(to, cell.micros);
    case CellKind::kNone:
    case CellKind::kBigInteger:
    case CellKind::kDecimal:
    case CellKind::kText:
    case CellKind::kLongDuration:
    case CellKind::kOther:
      break;
  }
  return to;
}

}  // namespace

void CsvRowWriter::Append(std::string& out, Row row) const {
  size_t room = 2;
  for (const Cell& cell : row) room += kFieldRoom + 2 * TextOf(cell).size();
  out.resize_and_overwrite(out.size() + room, [&, before = out.size()](char* data, size_t) {
    return static_cast<size_t>(PutRow(data + before, row) - data);
  });
}

char* CsvRowWriter::PutRow(char* to, Row row) const {
  for (size_t i = 0; i < row.size(); ++i) {
    if (i != 0) *to++ = delimiter_;
    to = quoting_ == Quoting::kAll ? PutQuoted(to, row[i]) : PutMinimal(to, row[i], row.size());
  }
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

char* CsvRowWriter::PutQuoted(char* to, const Cell& cell) {
  *to++ = '"';
  if (!IsText(cell)) {
    to = PutValue(to, cell);
  } else if (CopyPlain(to, TextOf(cell), [](Bytes16 bytes) { return bytes == '"'; })) {
    to += TextOf(cell).size();
  } else {
    for (const char c : TextOf(cell)) {
      if (c == '"') *to++ = '"';
      *to++ = c;
    }
  }
  *to++ = '"';
  return to;
}

// Quoted only when it must be. A lone empty field is, so that its line is not an empty one.
char* CsvRowWriter::PutMinimal(char* to, const Cell& cell, size_t fields) const {
  const bool is_text = IsText(cell);
  char* const end = is_text ? to + TextOf(cell).size() : PutValue(to, cell);
  if (is_text && fields == 1 && TextOf(cell).empty()) return PutQuoted(to, cell);
  if (cell.kind == CellKind::kNone) return fields == 1 ? PutQuoted(to, cell) : to;
  const char delimiter = delimiter_;
  const auto special = [delimiter](Bytes16 bytes) {
    return (bytes == '"') | (bytes == delimiter) | (bytes == '\r') | (bytes == '\n');
  };
  if (is_text) return CopyPlain(to, TextOf(cell), special) ? end : PutQuoted(to, cell);
  const std::string_view value(to, static_cast<size_t>(end - to));
  return value.find(delimiter) == std::string_view::npos ? end : PutQuoted(to, cell);
}

}  // namespace carrel::render
