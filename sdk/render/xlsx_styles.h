// The styles part of a workbook: finds what number format a cell style has, and appends the few
// styles that a report needs. What is there already stays as it is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/cell_style.h"

namespace carrel::render {

inline constexpr uint32_t kMaxCellFormats = 65'490;  // of one workbook, as Excel counts

// Cell style indexes (xf) of the `Info` sheet.
struct InfoStyles {
  uint32_t title = 0, text = 0, wrapped = 0;
};

// Not thread-safe.
class XlsxStyles {
 public:
  // kInvalid when the part is not a style sheet, kLimit when it is too large or has more than
  // kMaxCellFormats.
  static Result<XlsxStyles> Parse(std::string_view xml);
  // Those of a new workbook, whose sheets have `main_namespace`.
  static XlsxStyles New(std::string_view main_namespace);
  XlsxStyles(XlsxStyles&&) noexcept;
  XlsxStyles& operator=(XlsxStyles&&) noexcept;
  ~XlsxStyles();

  // How many cell styles the template has: its cells may name those below.
  uint32_t template_size() const { return template_size_; }
  // The style for a value of `kind` (date, time, date and time, duration) in a cell that has style
  // `existing` (0 for a new cell): `existing` itself when it shows dates already, else a copy of
  // it with the default number format of that kind. kLimit when there are kMaxCellFormats.
  Result<uint32_t> StyleForTime(uint32_t existing, CellKind kind);
  // Plain ones when there are kMaxCellFormats.
  InfoStyles AddInfoStyles();
  // A further cell style. kInvalid when XML cannot carry its number format or Excel would not take
  // it, kLimit when there are kMaxCellFormats.
  Result<uint32_t> Add(const CellStyle& style);
  std::string Serialize() const;

 private:
  struct Document;
  explicit XlsxStyles(std::unique_ptr<Document> document);
  void Load();
  bool ShowsDates(uint32_t xf) const;
  Status CheckRoom() const;
  int FormatId(std::string_view code);
  int AddFont(const CellStyle& style);
  int AddFill(uint32_t color);
  int AddBorder(const CellStyle& style);

  std::unique_ptr<Document> document_;
  uint32_t template_size_ = 0;
  std::vector<int> xf_formats_;         // number format id of each cell style
  std::map<int, std::string> formats_;  // the workbook's own number formats
  std::map<std::pair<uint32_t, CellKind>, uint32_t> time_styles_;
  std::vector<std::pair<CellStyle, uint32_t>> added_;
};

// Whether a number format shows its value as a date, a time or a duration.
bool IsDateFormat(std::string_view code);

}  // namespace carrel::render
