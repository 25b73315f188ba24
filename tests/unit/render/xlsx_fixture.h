// A small workbook template, made part by part, and what comes of rendering into it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/zip_writer.h"
#include "sdk/render/renderer.h"
#include "sdk/render/zip_reader.h"

namespace carrel::render {

inline constexpr std::string_view kRels =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

// Builds a small template, renders rows into it and reads parts of the result.
class XlsxTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "xlsx");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
    const std::string rels(kRels);
    parts_ = {
        {"[Content_Types].xml",
         "<Types><Override PartName=\"/xl/calcChain.xml\" ContentType=\"c\"/></Types>"},
        {"_rels/.rels", "<Relationships><Relationship Id=\"a\" Type=\"" + rels +
                            "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"},
        {"xl/workbook.xml",
         "<workbook xmlns:q=\"" + rels +
             "\"><sheets><sheet name=\"Data\" sheetId=\"4\" q:id=\"rId1\"/></sheets></workbook>"},
        {"xl/_rels/workbook.xml.rels",
         "<Relationships><Relationship Id=\"rId1\" Type=\"" + rels +
             "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"" +
             rels + "/calcChain\" Target=\"calcChain.xml\"/></Relationships>"},
        {"xl/calcChain.xml", "<calcChain/>"},
        {"xl/worksheets/sheet1.xml", "<worksheet><sheetData/></worksheet>"},
    };
  }

  std::string& Part(std::string_view name) {
    for (auto& [key, text] : parts_) {
      if (key == name) return text;
    }
    return parts_.emplace_back(name, "").second;
  }
  void Sheet(std::string_view xml) { Part("xl/worksheets/sheet1.xml") = xml; }

  // A second worksheet, the part xl/worksheets/added.xml.
  void AddSheet(const std::string& name, std::string_view xml) {
    Part("xl/worksheets/added.xml") = xml;
    std::string& book = Part("xl/workbook.xml");
    book.insert(book.find("</sheets>"),
                "<sheet name=\"" + name + "\" sheetId=\"5\" q:id=\"rId8\"/>");
    std::string& rels = Part("xl/_rels/workbook.xml.rels");
    rels.insert(rels.find("</Relationships>"),
                "<Relationship Id=\"rId8\" Type=\"" + std::string(kRels) +
                    "/worksheet\" Target=\"worksheets/added.xml\"/>");
  }

  // A styles part with `count` cell formats.
  void Styles(int count) {
    std::string xml = "<styleSheet><cellXfs>";
    for (int i = 0; i < count; ++i) xml += "<xf numFmtId=\"0\"/>";
    Part("xl/styles.xml") = xml + "</cellXfs></styleSheet>";
    std::string& rels = Part("xl/_rels/workbook.xml.rels");
    if (rels.find("styles.xml") != rels.npos) return;
    rels.insert(rels.find("</Relationships>"), "<Relationship Id=\"rId9\" Type=\"" +
                                                   std::string(kRels) +
                                                   "/styles\" Target=\"styles.xml\"/>");
  }

  void WriteTemplate() {
    UniqueFd fd(::open((dir_->path() / "t.xlsx").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    ZipWriter zip(fd.get());
    for (const auto& [name, text] : parts_) ASSERT_TRUE(zip.Add(name, text, {}));
    ASSERT_TRUE(zip.Finish());
  }

  Status Render(const std::vector<std::vector<Cell>>& rows, Json args = {}) {
    WriteTemplate();
    UniqueFd fd(::open((dir_->path() / "o.xlsx").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    RendererOptions options;
    options.type = "xlsx";
    options.args = std::move(args);
    options.root = dir_->path();
    options.template_path = "t.xlsx";
    options.output_fd = fd.get();
    options.threading = threading_;
    options.info = info_;
    CARREL_ASSIGN_OR_RETURN(auto renderer, MakeRenderer(options));
    for (const auto& row : rows) CARREL_TRY(renderer->WriteRow(row));
    return renderer->Finish("2020-01-01T00:00:00+00:00");
  }

  std::string Output(std::string_view name) {
    auto zip = ZipReader::Open(dir_->path() / "o.xlsx");
    const ZipEntry* entry = zip ? (*zip)->Find(name) : nullptr;
    return entry == nullptr ? "absent" : *(*zip)->Read(*entry, 1 << 24);
  }
  std::string Data() { return Output("xl/worksheets/sheet1.xml"); }

  static Cell Text(std::string_view text) {
    Cell cell;
    cell.kind = CellKind::kText;
    cell.text = text;
    return cell;
  }
  static Cell Integer(int64_t value) {
    Cell cell;
    cell.kind = CellKind::kInteger;
    cell.integer = value;
    return cell;
  }

  Threading threading_ = Threading::kWhenSpare;
  RunInfo info_;
  std::optional<TempDir> dir_;
  std::vector<std::pair<std::string, std::string>> parts_;
};

}  // namespace carrel::render
