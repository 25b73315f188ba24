#include "sdk/render/xlsx_styles.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <string>

#include "runtime/base/text.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xlsx_xml.h"

namespace carrel::render {
namespace {

constexpr int kFirstCustomFormat = 164;

constexpr std::string_view kNewStyles =
    R"(<styleSheet xmlns="">)"
    R"(<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>)"
    R"(<fills count="2"><fill><patternFill patternType="none"/></fill>)"
    R"(<fill><patternFill patternType="gray125"/></fill></fills>)"
    R"(<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>)"
    R"(<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>)"
    R"(<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>)"
    R"(<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>)"
    R"(</styleSheet>)";

// Order of a style sheet's first children; a missing one is inserted at its place.
constexpr std::string_view kOrder[] = {"numFmts", "fonts",        "fills",
                                       "borders", "cellStyleXfs", "cellXfs"};

std::string_view DefaultFormat(CellKind kind) {
  switch (kind) {
    case CellKind::kDate:
      return "yyyy-mm-dd";
    case CellKind::kTime:
      return "h:mm:ss";
    case CellKind::kDuration:
    case CellKind::kLongDuration:
      return "[hh]:mm:ss";
    default:
      return "yyyy-mm-dd h:mm:ss";
  }
}

// Ids that need no definition. 27 to 36 and 50 to 58 are dates too, but only where Excel speaks an
// East Asian language: elsewhere, and to other programs, they are numbers.
bool IsDateFormatId(int id) { return (id >= 14 && id <= 22) || (id >= 45 && id <= 47); }

pugi::xml_node List(pugi::xml_node root, std::string_view name) {
  if (pugi::xml_node found = XmlChild(root, name)) return found;
  const std::string full = XmlPrefix(root) + std::string(name);
  pugi::xml_node after;
  for (const std::string_view other : kOrder) {
    if (other == name) break;
    if (pugi::xml_node node = XmlChild(root, other)) after = node;
  }
  return after ? root.insert_child_after(full.c_str(), after) : root.prepend_child(full.c_str());
}

int CountChildren(pugi::xml_node list, std::string_view name) {
  int count = 0;
  for (const pugi::xml_node child : list.children()) count += XmlLocalName(child) == name ? 1 : 0;
  return count;
}

// Appends a child, sets the list's count, returns the child's index.
std::pair<pugi::xml_node, int> AppendTo(pugi::xml_node list, std::string_view name) {
  const int index = CountChildren(list, name);
  pugi::xml_node child = list.append_child((XmlPrefix(list) + std::string(name)).c_str());
  XmlSet(list, "count", std::to_string(index + 1));
  return {child, index};
}

pugi::xml_node Append(pugi::xml_node parent, std::string_view name) {
  return parent.append_child((XmlPrefix(parent) + std::string(name)).c_str());
}

// The formats of a CellStyle that every workbook knows without a definition; -1 for others.
int BuiltInFormat(std::string_view code) {
  static constexpr std::pair<std::string_view, int> kBuiltIn[] = {
      {"", 0},         {"General", 0}, {"0", 1},      {"0.00", 2}, {"#,##0", 3},
      {"#,##0.00", 4}, {"0%", 9},      {"0.00%", 10}, {"@", 49}};
  for (const auto& [known, id] : kBuiltIn) {
    if (known == code) return id;
  }
  return -1;
}

std::string Argb(uint32_t color) { return fmt::format("FF{:06X}", color & 0xFFFFFF); }

std::string_view Name(BorderLine line) {
  static constexpr std::string_view kNames[] = {"none", "thin", "medium", "thick"};
  return kNames[static_cast<size_t>(line)];
}

void SetAlignment(pugi::xml_node xf, const CellStyle& style) {
  static constexpr std::string_view kHorizontal[] = {"general", "left", "center", "right"};
  static constexpr std::string_view kVertical[] = {"bottom", "top", "center"};
  if (style.horizontal == HorizontalAlign::kGeneral && style.vertical == VerticalAlign::kBottom &&
      !style.wrap) {
    return;
  }
  XmlSet(xf, "applyAlignment", "1");
  pugi::xml_node alignment = Append(xf, "alignment");
  if (style.horizontal != HorizontalAlign::kGeneral) {
    XmlSet(alignment, "horizontal", kHorizontal[static_cast<size_t>(style.horizontal)]);
  }
  if (style.vertical != VerticalAlign::kBottom) {
    XmlSet(alignment, "vertical", kVertical[static_cast<size_t>(style.vertical)]);
  }
  if (style.wrap) XmlSet(alignment, "wrapText", "1");
}

Status CheckFormatCode(std::string_view code) {
  constexpr size_t kMaxFormatCode = 255;
  const bool control = code.find_first_of(std::string_view("\0\t\n\r", 4)) != code.npos;
  std::string scratch;
  if (!control && code.size() <= kMaxFormatCode && AppendXmlText(scratch, code)) return {};
  return Fail(Code::kInvalid,
              fmt::format("number format \"{}\": expected at most {} bytes of printable text",
                          EscapeControls(Truncate(ToUtf8(code), 60)), kMaxFormatCode));
}

}  // namespace

bool IsDateFormat(std::string_view code) {
  char previous = 0;
  for (size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    const char c = code[i];
    const char closing = c == '"' ? '"' : c == '[' ? ']' : '\0';
    if (closing != 0) {
      const size_t end = code.find(closing, i + 1);
      if (end == std::string_view::npos) break;
      const std::string_view inner = code.substr(i + 1, end - i - 1);
      if (c == '[' && (inner == "h" || inner == "hh" || inner == "m" || inner == "mm" ||
                       inner == "s" || inner == "ss")) {
        return true;
      }
      i = end;
      previous = 0;
      continue;
    }
    const bool letter = std::string_view("dmhysDMHYS").find(c) != std::string_view::npos;
    if (letter && previous != '\\' && previous != '_') return true;
    previous = c;
  }
  return false;
}

struct XlsxStyles::Document {
  pugi::xml_document xml;
  std::vector<pugi::xml_node> xfs;  // the template's cell styles, then those of Add
  pugi::xml_node root() const { return xml.document_element(); }
};

XlsxStyles::XlsxStyles(std::unique_ptr<Document> document) : document_(std::move(document)) {}
XlsxStyles::XlsxStyles(XlsxStyles&&) noexcept = default;
XlsxStyles& XlsxStyles::operator=(XlsxStyles&&) noexcept = default;
XlsxStyles::~XlsxStyles() = default;

Result<XlsxStyles> XlsxStyles::Parse(std::string_view xml) {
  auto document = std::make_unique<Document>();
  CARREL_TRY(XmlParse(xml, document->xml));
  const pugi::xml_node root = document->root();
  if (XmlLocalName(root) != "styleSheet") {
    return Fail(Code::kInvalid, fmt::format("expected a styleSheet, found {}", root.name()));
  }
  XlsxStyles styles(std::move(document));
  styles.Load();
  if (styles.template_size_ > kMaxCellFormats) {
    return Fail(Code::kLimit, fmt::format("{} cell formats: a workbook has at most {}",
                                          styles.template_size_, kMaxCellFormats));
  }
  return styles;
}

XlsxStyles XlsxStyles::New(std::string_view main_namespace) {
  auto document = std::make_unique<Document>();
  (void)XmlParse(kNewStyles, document->xml);
  XmlSet(document->root(), "xmlns", main_namespace);
  XlsxStyles styles(std::move(document));
  styles.Load();
  return styles;
}

void XlsxStyles::Load() {
  const pugi::xml_node root = document_->root();
  for (const pugi::xml_node format : XmlChild(root, "numFmts").children()) {
    formats_[format.attribute("numFmtId").as_int()] = format.attribute("formatCode").value();
  }
  const pugi::xml_node list = List(root, "cellXfs");
  if (CountChildren(list, "xf") == 0) AppendTo(list, "xf");
  for (const pugi::xml_node xf : list.children()) {
    if (XmlLocalName(xf) != "xf") continue;
    document_->xfs.push_back(xf);
    xf_formats_.push_back(xf.attribute("numFmtId").as_int());
  }
  template_size_ = static_cast<uint32_t>(document_->xfs.size());
}

bool XlsxStyles::ShowsDates(uint32_t xf) const {
  const int id = xf_formats_[xf];
  const auto own = formats_.find(id);
  return own != formats_.end() ? IsDateFormat(own->second) : IsDateFormatId(id);
}

Status XlsxStyles::CheckRoom() const {
  if (xf_formats_.size() < kMaxCellFormats) return {};
  return Fail(Code::kLimit, fmt::format("more than {} cell formats", kMaxCellFormats));
}

Result<uint32_t> XlsxStyles::StyleForTime(uint32_t existing, CellKind kind) {
  const auto key = std::make_pair(existing, kind);
  const auto known = time_styles_.find(key);
  if (known != time_styles_.end()) return known->second;
  const auto& xfs = document_->xfs;
  const uint32_t base = existing < xfs.size() && xfs[existing] ? existing : 0;
  uint32_t style = base;
  if (!ShowsDates(base)) {
    CARREL_TRY(CheckRoom());
    const int format = FormatId(DefaultFormat(kind));
    pugi::xml_node list = List(document_->root(), "cellXfs");
    pugi::xml_node copy = list.append_copy(xfs[base]);
    XmlSet(copy, "numFmtId", std::to_string(format));
    XmlSet(copy, "applyNumberFormat", "1");
    style = static_cast<uint32_t>(xf_formats_.size());
    xf_formats_.push_back(format);
    XmlSet(list, "count", std::to_string(xf_formats_.size()));
  }
  time_styles_[key] = style;
  return style;
}

int XlsxStyles::FormatId(std::string_view code) {
  if (code == "h:mm:ss" && !formats_.contains(21)) return 21;
  for (const auto& [id, known] : formats_) {
    if (known == code) return id;
  }
  int next = kFirstCustomFormat;
  while (formats_.contains(next)) ++next;
  pugi::xml_node format = AppendTo(List(document_->root(), "numFmts"), "numFmt").first;
  XmlSet(format, "numFmtId", std::to_string(next));
  XmlSet(format, "formatCode", code);
  formats_[next] = code;
  return next;
}

InfoStyles XlsxStyles::AddInfoStyles() {
  constexpr size_t kInfoStyles = 3;
  if (xf_formats_.size() + kInfoStyles > kMaxCellFormats) return {};
  const pugi::xml_node root = document_->root();
  const auto [font, font_id] = AppendTo(List(root, "fonts"), "font");
  XmlSet(Append(font, "sz"), "val", "24");
  XmlSet(Append(font, "color"), "rgb", "00FFFFFF");
  const auto [fill, fill_id] = AppendTo(List(root, "fills"), "fill");
  pugi::xml_node pattern = Append(fill, "patternFill");
  XmlSet(pattern, "patternType", "solid");
  XmlSet(Append(pattern, "fgColor"), "rgb", "001565C0");
  pugi::xml_node list = List(root, "cellXfs");
  const auto add = [&](int font_index, int fill_index) {
    pugi::xml_node xf = AppendTo(list, "xf").first;
    XmlSet(xf, "numFmtId", "0");
    XmlSet(xf, "fontId", std::to_string(font_index));
    XmlSet(xf, "fillId", std::to_string(fill_index));
    XmlSet(xf, "borderId", "0");
    XmlSet(xf, "xfId", "0");
    if (font_index != 0) XmlSet(xf, "applyFont", "1");
    if (fill_index != 0) XmlSet(xf, "applyFill", "1");
    XmlSet(xf, "applyAlignment", "1");
    xf_formats_.push_back(0);
    return Append(xf, "alignment");
  };
  const auto first = static_cast<uint32_t>(xf_formats_.size());
  pugi::xml_node title = add(font_id, fill_id);
  XmlSet(title, "horizontal", "center");
  XmlSet(title, "vertical", "center");
  pugi::xml_node text = add(0, 0);
  XmlSet(text, "horizontal", "left");
  XmlSet(text, "vertical", "top");
  pugi::xml_node wrapped = add(0, 0);
  XmlSet(wrapped, "horizontal", "left");
  XmlSet(wrapped, "vertical", "top");
  XmlSet(wrapped, "wrapText", "1");
  return {first, first + 1, first + 2};
}

int XlsxStyles::AddFont(const CellStyle& style) {
  if (!style.bold && !style.font_color) return 0;
  const auto [font, id] = AppendTo(List(document_->root(), "fonts"), "font");
  if (style.bold) Append(font, "b");
  XmlSet(Append(font, "sz"), "val", "11");
  if (style.font_color) XmlSet(Append(font, "color"), "rgb", Argb(*style.font_color));
  XmlSet(Append(font, "name"), "val", "Calibri");
  XmlSet(Append(font, "family"), "val", "2");
  return id;
}

int XlsxStyles::AddFill(uint32_t color) {
  const auto [fill, id] = AppendTo(List(document_->root(), "fills"), "fill");
  pugi::xml_node pattern = Append(fill, "patternFill");
  XmlSet(pattern, "patternType", "solid");
  XmlSet(Append(pattern, "fgColor"), "rgb", Argb(color));
  XmlSet(Append(pattern, "bgColor"), "indexed", "64");
  return id;
}

int XlsxStyles::AddBorder(const CellStyle& style) {
  const auto [border, id] = AppendTo(List(document_->root(), "borders"), "border");
  for (const std::string_view side : {"left", "right", "top", "bottom"}) {
    pugi::xml_node line = Append(border, side);
    XmlSet(line, "style", Name(style.border));
    XmlSet(Append(line, "color"), "rgb", Argb(style.border_color));
  }
  Append(border, "diagonal");
  return id;
}

Result<uint32_t> XlsxStyles::Add(const CellStyle& style) {
  for (const auto& [known, id] : added_) {
    if (known == style) return id;
  }
  CARREL_TRY(CheckFormatCode(style.number_format));
  CARREL_TRY(CheckRoom());
  int format = BuiltInFormat(style.number_format);
  if (format < 0) format = FormatId(style.number_format);
  const int font = AddFont(style);
  const int fill = style.fill ? AddFill(*style.fill) : 0;
  const int border = style.border != BorderLine::kNone ? AddBorder(style) : 0;
  pugi::xml_node xf = AppendTo(List(document_->root(), "cellXfs"), "xf").first;
  const std::pair<std::string_view, int> ids[] = {
      {"numFmtId", format}, {"fontId", font}, {"fillId", fill}, {"borderId", border}};
  for (const auto& [name, id] : ids) XmlSet(xf, name, std::to_string(id));
  XmlSet(xf, "xfId", "0");
  if (format != 0) XmlSet(xf, "applyNumberFormat", "1");
  if (font != 0) XmlSet(xf, "applyFont", "1");
  if (fill != 0) XmlSet(xf, "applyFill", "1");
  if (border != 0) XmlSet(xf, "applyBorder", "1");
  SetAlignment(xf, style);
  const auto id = static_cast<uint32_t>(xf_formats_.size());
  xf_formats_.push_back(format);
  document_->xfs.resize(id);
  document_->xfs.push_back(xf);
  added_.emplace_back(style, id);
  return id;
}

std::string XlsxStyles::Serialize() const { return XmlText(document_->xml); }

}  // namespace carrel::render
