// Cells of all kinds through the html writer, with charts: no text may end where it stands, and the
// page and its attached csv hold every cell.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/base/xml_text.h"
#include "sdk/render/cell_text.h"
#include "tests/fuzz/fuzz_rows.h"

namespace {

using namespace carrel;
using fuzz::MemoryFile;
using fuzz::OpenRenderer;
using fuzz::Require;
using fuzz::Rows;

// All that a page may consist of: nothing here loads, links or runs anything.
constexpr std::string_view kTags =
    " body button circle dd desc details div dl dt figcaption figure h1 head header html input "
    "line "
    "main meta noscript output p path pre rect script section span style summary svg table tbody "
    "td "
    "text tfoot th thead title tr ";
constexpr std::string_view kAttributes =
    " aria-label aria-labelledby charset class content cx cy d data-name data-v height hidden "
    "http-equiv "
    "id "
    "lang name placeholder r role scope tabindex transform type viewBox width x x1 x2 y y1 y2 ";
constexpr std::string_view kDrawn = " cx cy d height r width x x1 x2 y y1 y2 ";

bool Among(std::string_view names, std::string_view name) {
  return names.find(" " + std::string(name) + " ") != std::string_view::npos;
}

// Undoes AppendHtmlText; every reference is one that it writes.
std::string Decode(std::string_view text) {
  static const std::vector<std::pair<std::string_view, char>> references = {
      {"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},
      {"&quot;", '"'}, {"&#39;", '\''}, {"&#13;", '\r'}};
  std::string out;
  while (!text.empty()) {
    if (text[0] != '&') {
      out.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const auto found = std::ranges::find_if(
        references, [&](const auto& reference) { return text.starts_with(reference.first); });
    Require(found != references.end(), "html: a bare ampersand", text);
    out.push_back(found->second);
    text.remove_prefix(found->first.size());
  }
  return out;
}

// A page, read by stricter rules than a browser's.
class Page {
 public:
  explicit Page(std::string_view text) : left_(text) {
    Take("<!DOCTYPE html>");
    while (!left_.empty()) left_[0] == '<' ? ReadTag() : ReadText();
    Require(open_.empty(), "html", "a tag is not closed");
  }

  // Of the table's body.
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  // Of its cells, by row and column, those that sort as another number than they show.
  const std::map<std::pair<size_t, size_t>, std::string>& numbers() const { return numbers_; }
  const std::string& attached() const { return attached_; }  // base64

 private:
  void Take(std::string_view expected) {
    Require(left_.starts_with(expected), "html", left_.substr(0, 80));
    left_.remove_prefix(expected.size());
  }

  std::string_view TakeUntil(std::string_view ends) {
    const std::string_view found = left_.substr(0, left_.find_first_of(ends));
    left_.remove_prefix(found.size());
    return found;
  }

  bool In(std::string_view tag) const { return std::ranges::find(open_, tag) != open_.end(); }

  void ReadText() {
    const std::string text = Decode(TakeUntil("<>\"'\r"));
    Require(left_.empty() || left_[0] == '<', "html: not escaped", left_.substr(0, 80));
    if (In("tbody") && open_.back() == "td") rows_.back().back() += text;
  }

  void ReadTag() {
    Take("<");
    if (left_.starts_with('/')) {
      Take("/");
      const std::string_view name = TakeUntil(">");
      Require(!open_.empty() && open_.back() == name, "html: closes what is not open", name);
      open_.pop_back();
      Take(">");
      return;
    }
    const std::string_view name = TakeUntil(" />");
    Require(Among(kTags, name), "html: an unknown tag", name);
    const auto attributes = ReadAttributes();
    const bool empty = left_.starts_with('/');
    if (empty) Take("/");
    Take(">");
    if (In("tbody") && name == "tr") rows_.emplace_back();
    if (In("tbody") && name == "td") {
      rows_.back().emplace_back();
      if (const auto number = attributes.find("data-v"); number != attributes.end()) {
        numbers_[{rows_.size() - 1, rows_.back().size() - 1}] = number->second;
      }
    }
    if (empty || name == "meta" || name == "input") return;
    open_.push_back(name);
    if (name == "script" || name == "style") ReadRaw(name, attributes.contains("class"));
  }

  // Up to the end tag, which is read as any other.
  void ReadRaw(std::string_view name, bool is_data) {
    const size_t end = left_.find("</");
    Require(end != std::string_view::npos && left_.substr(end + 2).starts_with(name), "html", name);
    if (is_data) attached_ += left_.substr(0, end);
    left_.remove_prefix(end);
  }

  std::map<std::string_view, std::string> ReadAttributes() {
    std::map<std::string_view, std::string> attributes;
    while (left_.starts_with(' ')) {
      Take(" ");
      const std::string_view name = TakeUntil("= />");
      Require(Among(kAttributes, name), "html: an unknown attribute", name);
      std::string& value = attributes[name];
      if (name == "hidden") continue;
      Take("=\"");
      value = name == "content" ? std::string(TakeUntil("\"")) : Decode(TakeUntil("\"<>"));
      Take("\"");
      if (Among(kDrawn, name)) {
        Require(value.find('n') == std::string::npos, "html: drawn beyond numbers", value);
      }
      if (name == "id") Require(ids_.insert(value).second, "html: an id twice", value);
    }
    return attributes;
  }

  std::string_view left_;
  std::vector<std::string_view> open_;
  std::set<std::string> ids_;
  std::vector<std::vector<std::string>> rows_;
  std::map<std::pair<size_t, size_t>, std::string> numbers_;
  std::string attached_;
};

std::string FromBase64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t group = 0, bits = 0;
  for (const char c : text) {
    if (c == '=') {  // also between two blocks
      group = bits = 0;
      continue;
    }
    const size_t value = kAlphabet.find(c);
    Require(value != std::string_view::npos, "html: no base64", std::string_view(&c, 1));
    group = group << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(group >> bits & 0xFF));
  }
  return bytes;
}

std::string Gunzip(std::string bytes) {
  z_stream stream{};
  Require(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK, "zlib", "inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int status = Z_OK;
  while (status == Z_OK) {
    std::array<char, 16384> piece;
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  Require(whole, "html: the attached file is damaged", std::to_string(status));
  return text;
}

const Json& Columns() {
  static const Json columns = {"Name</th><script>", "\"a\" & 'b'", "c"};
  return columns;
}

std::string Render(const Rows& rows, const std::string& type, const Json& args) {
  const MemoryFile output;
  const auto renderer = OpenRenderer(type, output, nullptr, args);
  if (type == "csv") {
    std::vector<render::Cell> names(Columns().size());
    for (size_t i = 0; i < names.size(); ++i) {
      names[i].kind = render::CellKind::kText;
      names[i].text = Columns()[i].get_ref<const std::string&>();
    }
    Require(renderer->WriteRow(names).has_value(), type, "header");
  }
  for (const auto& row : rows.rows()) Require(renderer->WriteRow(row).has_value(), type, "row");
  Require(renderer->Finish("2020-01-01T00:00:00+00:00").has_value(), type, "finish");
  return output.Read();
}

// The number that a cell sorts by, when it shows another text.
std::string HiddenNumber(render::Cell cell) {
  std::string shown, number;
  render::AppendCellText(shown, cell);
  cell.printed = {};
  render::AppendCellText(number, cell);
  return render::IsNumber(cell.kind) && number != shown ? number : "";
}

void CheckTable(const Rows& rows, const Page& page) {
  Require(page.rows().size() == rows.rows().size(), "html", "another number of rows");
  for (size_t r = 0; r < page.rows().size(); ++r) {
    const auto& row = rows.rows()[r];
    const auto& shown = page.rows()[r];
    Require(shown.size() == std::max(row.size(), Columns().size()), "html", "cells in a row");
    for (size_t c = 0; c < row.size(); ++c) {
      std::string text, expected;
      render::AppendCellText(text, row[c]);
      for (const char byte : ToUtf8(text)) {
        byte == '\0' ? expected += "\xEF\xBF\xBD" : expected += byte;
      }
      Require(shown[c] == expected, "html: another text", shown[c]);
      const auto number = page.numbers().find({r, c});
      const std::string order = number == page.numbers().end() ? "" : number->second;
      if (render::IsNumber(row[c].kind)) {
        Require(HiddenNumber(row[c]) == order, "html: another number", shown[c]);
      }
      Require(order.find_first_of("<>\"' ") == std::string::npos, "html: no number", order);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  const std::string title = "t" + ToUtf8(data.ConsumeRandomLengthString(40));
  const Rows rows(data);
  Json charts = Json::array();
  for (const char* type : {"bar", "line", "pie"}) {
    Json y = Json::array({Columns()[1]});
    if (type != std::string_view("pie")) y.push_back(Columns()[2]);
    charts.push_back(
        {{"type", type}, {"title", EscapeForXml(title)}, {"x", Columns()[0]}, {"y", y}});
  }
  const Json args = {{"title", title}, {"columns", Columns()}, {"charts", charts}};
  const std::string text = Render(rows, "html", args);
  const Page page(text);
  CheckTable(rows, page);
  Require(Gunzip(FromBase64(page.attached())) == Render(rows, "csv", nullptr), "html",
          "the attached file is not the csv");
  return 0;
}
