// How a cell of a written workbook looks: the few properties that generated files need.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace carrel::render {

enum class BorderLine : uint8_t { kNone, kThin, kMedium, kThick };
enum class HorizontalAlign : uint8_t { kGeneral, kLeft, kCenter, kRight };
enum class VerticalAlign : uint8_t { kBottom, kTop, kCenter };

// Colours are 0xRRGGBB.
struct CellStyle {
  std::string number_format = {};  // a format code: "0.00", "@", "yyyy-mm-dd"; empty: General
  bool bold = false;
  std::optional<uint32_t> font_color = {}, fill = {};
  BorderLine border = BorderLine::kNone;  // on all four sides
  uint32_t border_color = 0;
  HorizontalAlign horizontal = HorizontalAlign::kGeneral;
  VerticalAlign vertical = VerticalAlign::kBottom;
  bool wrap = false;

  bool operator==(const CellStyle&) const = default;
};

}  // namespace carrel::render
