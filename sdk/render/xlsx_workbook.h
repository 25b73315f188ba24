// The parts of an opened workbook that say what else is in it: sheets, relationships, content
// types, document properties. Knows how to find a sheet's part and how to add a sheet.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/zip_reader.h"

namespace carrel::render {

struct WorkbookSheet {
  std::string name;
  std::string part;           // name of its zip entry; empty when the relationship is missing
  bool is_worksheet = false;  // not a chart or dialog sheet
};

struct NewPart {
  std::string name;
  std::string xml;
};

// Not thread-safe. Errors are kInvalid (kLimit for what is too large) and name the part.
class XlsxWorkbook {
 public:
  static Result<XlsxWorkbook> Open(const std::filesystem::path& path, const ZipLimits& limits);
  XlsxWorkbook(XlsxWorkbook&&) noexcept;
  XlsxWorkbook& operator=(XlsxWorkbook&&) noexcept;
  ~XlsxWorkbook();

  ZipReader& zip() { return *zip_; }
  const std::vector<WorkbookSheet>& sheets() const { return sheets_; }
  // The entry of the worksheet of this name (case matters). kInvalid when there is none.
  Result<const ZipEntry*> FindWorksheet(std::string_view name) const;
  bool IsWorksheet(std::string_view part) const;
  bool uses_1904_dates() const { return uses_1904_dates_; }
  // The one that its sheets have: strict or transitional.
  std::string_view main_namespace() const;

  // Empty when the workbook has none.
  const std::string& styles_part() const { return styles_part_; }
  const std::string& calc_chain_part() const { return calc_chain_part_; }
  // One that is in the file, whole; kLimit over 32 MiB.
  Result<std::string> ReadPart(std::string_view part);
  // The parts of the file that the part `source` relates to by this type ("table").
  Result<std::vector<std::string>> PartsOf(std::string_view source, std::string_view type);
  // Whether the part is one that this class or a sheet's writer knows what to do with.
  bool HasRole(std::string_view part) const;

  // Whether the entry is one that Parts() gives anew.
  bool Rewrites(std::string_view entry) const;

  // `wanted`, or when a sheet has that name already `wanted` with the next free number.
  std::string FreeSheetName(std::string_view wanted) const;
  // Appends a worksheet; returns the name its part must have.
  std::string AddSheet(const std::string& name);
  // The part that the workbook relates to by this type ("sharedStrings"); empty when there is none.
  std::string FindPart(std::string_view type) const;
  // A further XML part: "charts/chart" gives xl/charts/chart1.xml, or the next number that is free.
  // Nothing relates to it yet.
  std::string AddPart(std::string_view stem, std::string_view content_type);
  // Whether it is of the variant with namespaces of its own.
  bool is_strict() const;
  // Gives a workbook without styles a styles part; returns its name.
  std::string AddStylesPart();
  void DropCalcChain();
  // Whoever opens the file is to compute all its formulas.
  void ComputeOnLoad();

  // The rewritten parts, [Content_Types].xml last.
  std::vector<NewPart> Parts() const;

 private:
  struct Documents;
  explicit XlsxWorkbook(std::unique_ptr<ZipReader> zip);
  Status Load();
  Status FindWorkbookPart();
  Status SettleType();
  void LoadRelationships();
  Status LoadSheets();
  std::array<const std::string*, 7> Roles() const;
  Status CheckRoles() const;
  unsigned FreeSheetId() const;
  std::string Resolve(std::string_view target) const;
  std::string AddRelationship(std::string_view type, const std::string& part);
  void AddContentType(const std::string& part, const std::string& type);
  bool IsFree(const std::string& part) const;
  void AddTitle(const std::string& name);

  std::unique_ptr<ZipReader> zip_;
  std::unique_ptr<Documents> documents_;
  std::string part_;  // "xl/workbook.xml"
  std::string root_rels_part_, rels_part_, types_part_, app_part_;
  std::string styles_part_, calc_chain_part_;
  std::string relationship_base_;  // of type URIs: transitional or strict
  std::vector<WorkbookSheet> sheets_;
  std::vector<std::string> added_parts_;
  bool uses_1904_dates_ = false;
};

// "xl/worksheets/_rels/sheet1.xml.rels" of "xl/worksheets/sheet1.xml".
std::string RelationsPartOf(std::string_view part);

}  // namespace carrel::render
