#include "sdk/render/xlsx_workbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <pugixml.hpp>
#include <ranges>
#include <set>

#include "runtime/base/text.h"
#include "sdk/render/fold_case.h"
#include "sdk/render/xlsx_xml.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxPartBytes = size_t{32} << 20;
constexpr size_t kMaxSheets = 10'000;
constexpr std::string_view kTypesPart = "[Content_Types].xml";
constexpr std::string_view kSpreadsheetType =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.";

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

std::string Directory(std::string_view part) {
  const size_t slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(part.substr(0, slash + 1));
}

// A relationship's target as an entry name: "/xl/a.xml", "a.xml", "../xl/a.xml".
std::string ResolveTarget(std::string_view directory, std::string_view target) {
  const bool absolute = target.starts_with('/');
  const std::string full = absolute ? std::string(target) : fmt::format("{}{}", directory, target);
  std::vector<std::string> steps;
  for (std::string& step : Split(full, '/')) {
    if (step.empty() || step == ".") continue;
    if (step != "..") {
      steps.push_back(std::move(step));
    } else if (!steps.empty()) {
      steps.pop_back();
    }
  }
  return Join(steps, "/");
}

// r:id, whatever the prefix.
std::string_view RelationshipId(pugi::xml_node sheet) {
  for (const pugi::xml_attribute attribute : sheet.attributes()) {
    if (std::string_view(attribute.name()).ends_with(":id")) return attribute.value();
  }
  return {};
}

// The prefix that the workbook gives to the namespace of r:id.
std::string RelationshipPrefix(pugi::xml_node workbook) {
  for (const pugi::xml_attribute attribute : workbook.attributes()) {
    const std::string_view name = attribute.name();
    if (!name.starts_with("xmlns:")) continue;
    if (std::string_view(attribute.value()).ends_with("/officeDocument/relationships") ||
        std::string_view(attribute.value()).ends_with("officeDocument/2006/relationships")) {
      return std::string(name.substr(6));
    }
  }
  return {};
}

// What wraps encrypted workbooks and those of old programs.
bool IsCompoundFile(const std::filesystem::path& path) {
  constexpr std::string_view kMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
  char begin[kMagic.size()] = {};
  std::ifstream(path, std::ios::binary).read(begin, sizeof begin);
  return std::string_view(begin, sizeof begin) == kMagic;
}

std::string_view LastStep(std::string_view uri) { return uri.substr(uri.rfind('/') + 1); }

}  // namespace

std::string RelationsPartOf(std::string_view part) {
  const std::string directory = Directory(part);
  return fmt::format("{}_rels/{}.rels", directory, part.substr(directory.size()));
}

struct XlsxWorkbook::Documents {
  pugi::xml_document workbook, rels, types, app;
  bool has_app = false;
  std::map<std::string_view, pugi::xml_node> relationships;  // the template's, by id
};

XlsxWorkbook::XlsxWorkbook(std::unique_ptr<ZipReader> zip)
    : zip_(std::move(zip)), documents_(std::make_unique<Documents>()) {}
XlsxWorkbook::XlsxWorkbook(XlsxWorkbook&&) noexcept = default;
XlsxWorkbook& XlsxWorkbook::operator=(XlsxWorkbook&&) noexcept = default;
XlsxWorkbook::~XlsxWorkbook() = default;

namespace {

// Reads and parses one part; `name` becomes the entry's own spelling.
Status LoadPart(ZipReader& zip, std::string& name, pugi::xml_document& document) {
  const ZipEntry* entry = zip.Find(name);
  if (entry == nullptr) {
    return Fail(Code::kInvalid, fmt::format("not an Excel workbook: it has no {}", name));
  }
  name = entry->name;
  const auto text = zip.Read(*entry, kMaxPartBytes);
  if (!text) return std::unexpected(text.error());
  if (auto status = XmlParse(*text, document); !status) return Wrap(status.error(), name);
  return {};
}

}  // namespace

Result<XlsxWorkbook> XlsxWorkbook::Open(const std::filesystem::path& path,
                                        const ZipLimits& limits) {
  auto zip = ZipReader::Open(path, limits);
  if (!zip && IsCompoundFile(path)) {
    return Fail(Code::kInvalid, "a workbook with a password or of Excel 97-2003, expected .xlsx");
  }
  if (!zip) return std::unexpected(zip.error());
  XlsxWorkbook workbook(std::move(*zip));
  CARREL_TRY(workbook.Load());
  return workbook;
}

Status XlsxWorkbook::FindWorkbookPart() {
  root_rels_part_ = "_rels/.rels";
  pugi::xml_document document;
  CARREL_TRY(LoadPart(*zip_, root_rels_part_, document));
  for (const pugi::xml_node node : document.document_element().children()) {
    const std::string_view type = node.attribute("Type").value();
    const std::string target = ResolveTarget("", node.attribute("Target").value());
    if (LastStep(type) == "officeDocument") {
      part_ = target;
      relationship_base_ = type.substr(0, type.rfind('/'));
    } else if (LastStep(type) == "extended-properties") {
      app_part_ = target;
    }
  }
  if (!part_.empty()) return {};
  return Fail(Code::kInvalid, "not an Excel workbook: _rels/.rels names no document");
}

// What comes out is named .xlsx, and Excel opens a file only when its content type agrees.
Status XlsxWorkbook::SettleType() {
  std::string type;
  pugi::xml_node own;
  for (const pugi::xml_node node : documents_->types.document_element().children()) {
    const bool is_own = Lower(node.attribute("PartName").value()) == "/" + Lower(part_);
    if (is_own) own = node;
    // Of all parts that end so and have no type of their own.
    const std::string extension = "." + Lower(node.attribute("Extension").value());
    const bool is_default =
        !own && XmlLocalName(node) == "Default" && Lower(part_).ends_with(extension);
    if (is_own || is_default) type = node.attribute("ContentType").value();
  }
  if (type.find(".macroEnabled.") != std::string::npos) {
    return Fail(Code::kInvalid, type.find(".binary.") == std::string::npos
                                    ? "a workbook with macros (.xlsm), expected .xlsx"
                                    : "a binary workbook (.xlsb), expected .xlsx");
  }
  if (!type.ends_with(".template.main+xml")) return {};
  const std::string workbook = fmt::format("{}sheet.main+xml", kSpreadsheetType);
  if (own) {
    XmlSet(own, "ContentType", workbook);
  } else {
    AddContentType(part_, workbook);
  }
  return {};
}

Status XlsxWorkbook::Load() {
  CARREL_TRY(FindWorkbookPart());
  types_part_ = kTypesPart;
  CARREL_TRY(LoadPart(*zip_, types_part_, documents_->types));
  CARREL_TRY(SettleType());
  CARREL_TRY(LoadPart(*zip_, part_, documents_->workbook));
  rels_part_ = RelationsPartOf(part_);
  CARREL_TRY(LoadPart(*zip_, rels_part_, documents_->rels));
  if (!app_part_.empty() && zip_->Find(app_part_) != nullptr) {
    CARREL_TRY(LoadPart(*zip_, app_part_, documents_->app));
    documents_->has_app = true;
  }
  LoadRelationships();
  CARREL_TRY(LoadSheets());
  return CheckRoles();
}

void XlsxWorkbook::LoadRelationships() {
  for (const pugi::xml_node rel : documents_->rels.document_element().children()) {
    documents_->relationships.emplace(rel.attribute("Id").value(), rel);
    const std::string_view type = LastStep(rel.attribute("Type").value());
    if (type == "styles") styles_part_ = Resolve(rel.attribute("Target").value());
    if (type == "calcChain") calc_chain_part_ = Resolve(rel.attribute("Target").value());
  }
}

// Each of these parts is written once, and each in its own way.
std::array<const std::string*, 7> XlsxWorkbook::Roles() const {
  return {&root_rels_part_, &types_part_,  &part_,           &rels_part_,
          &app_part_,       &styles_part_, &calc_chain_part_};
}

bool XlsxWorkbook::HasRole(std::string_view part) const {
  return std::ranges::any_of(Roles(), [&](const std::string* role) { return *role == part; }) ||
         std::ranges::find(sheets_, part, &WorkbookSheet::part) != sheets_.end();
}

Status XlsxWorkbook::CheckRoles() const {
  std::set<std::string_view> seen;
  for (const std::string* part : Roles()) {
    if (!part->empty() && !seen.insert(*part).second) {
      return Fail(Code::kInvalid, fmt::format("{}: one part for two purposes", *part));
    }
  }
  for (const WorkbookSheet& sheet : sheets_) {
    if (seen.contains(sheet.part)) {
      return Fail(Code::kInvalid, fmt::format("{}: one part for two purposes", sheet.part));
    }
  }
  return {};
}

std::string XlsxWorkbook::Resolve(std::string_view target) const {
  const std::string name = ResolveTarget(Directory(part_), target);
  const ZipEntry* entry = zip_->Find(name);
  return entry == nullptr ? std::string() : entry->name;
}

Status XlsxWorkbook::LoadSheets() {
  const pugi::xml_node root = documents_->workbook.document_element();
  if (XmlLocalName(root) != "workbook") {
    return Fail(Code::kInvalid, fmt::format("{}: expected a workbook, found {}", part_,
                                            EscapeControls(Truncate(root.name(), 60))));
  }
  uses_1904_dates_ = XmlChild(root, "workbookPr").attribute("date1904").as_bool();
  for (const pugi::xml_node node : XmlChild(root, "sheets").children()) {
    if (XmlLocalName(node) != "sheet") continue;
    WorkbookSheet sheet;
    sheet.name = node.attribute("name").value();
    const auto found = documents_->relationships.find(RelationshipId(node));
    const pugi::xml_node rel =
        found == documents_->relationships.end() ? pugi::xml_node() : found->second;
    sheet.part = rel ? Resolve(rel.attribute("Target").value()) : std::string();
    sheet.is_worksheet = LastStep(rel.attribute("Type").value()) == "worksheet";
    sheets_.push_back(std::move(sheet));
    if (sheets_.size() > kMaxSheets) {
      return Fail(Code::kLimit, fmt::format("{}: more than {} sheets", part_, kMaxSheets));
    }
  }
  if (sheets_.empty()) return Fail(Code::kInvalid, fmt::format("{}: no sheets", part_));
  return {};
}

std::string_view XlsxWorkbook::main_namespace() const {
  return relationship_base_.starts_with("http://purl.oclc.org/")
             ? "http://purl.oclc.org/ooxml/spreadsheetml/main"
             : "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
}

Result<const ZipEntry*> XlsxWorkbook::FindWorksheet(std::string_view name) const {
  const auto found = std::ranges::find(sheets_, name, &WorkbookSheet::name);
  if (found == sheets_.end()) {
    return Fail(Code::kInvalid, fmt::format("it has no sheet \"{}\"", name));
  }
  const ZipEntry* entry = zip_->Find(found->part);
  if (!found->is_worksheet || entry == nullptr) {
    return Fail(Code::kInvalid, fmt::format("its sheet \"{}\" is not a worksheet", name));
  }
  return entry;
}

bool XlsxWorkbook::IsWorksheet(std::string_view part) const {
  return std::ranges::any_of(sheets_, [&](const WorkbookSheet& sheet) {
    return sheet.is_worksheet && sheet.part == part;
  });
}

Result<std::string> XlsxWorkbook::ReadPart(std::string_view part) {
  return zip_->Read(*zip_->Find(part), kMaxPartBytes);
}

Result<std::vector<std::string>> XlsxWorkbook::PartsOf(std::string_view source,
                                                       std::string_view type) {
  std::vector<std::string> parts;
  std::string rels = RelationsPartOf(source);
  if (zip_->Find(rels) == nullptr) return parts;
  pugi::xml_document document;
  CARREL_TRY(LoadPart(*zip_, rels, document));
  for (const pugi::xml_node rel : document.document_element().children()) {
    if (LastStep(rel.attribute("Type").value()) != type ||
        rel.attribute("TargetMode").value() == std::string_view("External")) {
      continue;
    }
    const ZipEntry* entry =
        zip_->Find(ResolveTarget(Directory(source), rel.attribute("Target").value()));
    if (entry != nullptr && std::ranges::find(parts, entry->name) == parts.end()) {
      parts.push_back(entry->name);
    }
  }
  return parts;
}

bool XlsxWorkbook::Rewrites(std::string_view entry) const {
  return entry == part_ || entry == rels_part_ || entry == types_part_ ||
         (documents_->has_app && entry == app_part_);
}

std::string XlsxWorkbook::FreeSheetName(std::string_view wanted) const {
  std::set<std::string> taken;
  for (const WorkbookSheet& sheet : sheets_) taken.insert(FoldCase(sheet.name));
  std::string name(wanted);
  for (int i = 1; taken.contains(FoldCase(name)); ++i) name = fmt::format("{}{}", wanted, i);
  return name;
}

std::string XlsxWorkbook::AddSheet(const std::string& name) {
  std::string part;
  for (size_t i = sheets_.size() + 1;; ++i) {
    part = fmt::format("{}worksheets/sheet{}.xml", Directory(part_), i);
    if (IsFree(part)) break;
  }
  added_parts_.push_back(part);
  const pugi::xml_node root = documents_->workbook.document_element();
  pugi::xml_node list = XmlChild(root, "sheets");
  const unsigned id = FreeSheetId();
  std::string prefix = RelationshipPrefix(root);
  pugi::xml_node sheet = list.append_child((XmlPrefix(list) + "sheet").c_str());
  if (prefix.empty()) {
    prefix = "r";
    XmlSet(sheet, "xmlns:r", relationship_base_);
  }
  XmlSet(sheet, "name", name);
  XmlSet(sheet, "sheetId", std::to_string(id));
  XmlSet(sheet, prefix + ":id", AddRelationship("worksheet", part));
  AddContentType(part, fmt::format("{}worksheet+xml", kSpreadsheetType));
  AddTitle(name);
  sheets_.push_back({name, part, true});
  return part;
}

// Neither is there nor relates to anything.
bool XlsxWorkbook::IsFree(const std::string& part) const {
  return zip_->Find(part) == nullptr && zip_->Find(RelationsPartOf(part)) == nullptr &&
         std::ranges::find(added_parts_, part) == added_parts_.end();
}

std::string XlsxWorkbook::FindPart(std::string_view type) const {
  for (const auto& [id, rel] : documents_->relationships) {
    if (LastStep(rel.attribute("Type").value()) == type) {
      return Resolve(rel.attribute("Target").value());
    }
  }
  return {};
}

std::string XlsxWorkbook::AddPart(std::string_view stem, std::string_view content_type) {
  std::string part;
  for (size_t i = 1; part.empty() || !IsFree(part); ++i) {
    part = fmt::format("{}{}{}.xml", Directory(part_), stem, i);
  }
  added_parts_.push_back(part);
  AddContentType(part, std::string(content_type));
  return part;
}

bool XlsxWorkbook::is_strict() const {
  return relationship_base_.find("purl.oclc.org") != std::string::npos;
}

// Behind all others while there is room.
unsigned XlsxWorkbook::FreeSheetId() const {
  constexpr unsigned kMaxSheetId = 65'534;
  std::set<unsigned> taken;
  const pugi::xml_node root = documents_->workbook.document_element();
  for (const pugi::xml_node sheet : XmlChild(root, "sheets").children()) {
    taken.insert(sheet.attribute("sheetId").as_uint());
  }
  if (*taken.rbegin() < kMaxSheetId) return *taken.rbegin() + 1;
  unsigned id = 1;
  while (taken.contains(id)) ++id;
  return id;
}

std::string XlsxWorkbook::AddStylesPart() {
  styles_part_ = Directory(part_) + "styles.xml";
  for (int i = 1; zip_->Find(styles_part_) != nullptr; ++i) {
    styles_part_ = fmt::format("{}styles{}.xml", Directory(part_), i);
  }
  AddRelationship("styles", styles_part_);
  AddContentType(styles_part_, fmt::format("{}styles+xml", kSpreadsheetType));
  return styles_part_;
}

std::string XlsxWorkbook::AddRelationship(std::string_view type, const std::string& part) {
  pugi::xml_node rels = documents_->rels.document_element();
  std::set<std::string_view> taken;
  for (const pugi::xml_node rel : rels.children()) taken.insert(rel.attribute("Id").value());
  std::string id = "rId1";
  for (int i = 2; taken.contains(id); ++i) id = fmt::format("rId{}", i);
  pugi::xml_node rel = rels.append_child((XmlPrefix(rels) + "Relationship").c_str());
  XmlSet(rel, "Id", id);
  XmlSet(rel, "Type", fmt::format("{}/{}", relationship_base_, type));
  XmlSet(rel, "Target", "/" + part);
  return id;
}

void XlsxWorkbook::AddContentType(const std::string& part, const std::string& type) {
  pugi::xml_node types = documents_->types.document_element();
  pugi::xml_node node = types.append_child((XmlPrefix(types) + "Override").c_str());
  XmlSet(node, "PartName", "/" + part);
  XmlSet(node, "ContentType", type);
}

void XlsxWorkbook::DropCalcChain() {
  pugi::xml_node rels = documents_->rels.document_element();
  for (pugi::xml_node rel = rels.first_child(), next; rel; rel = next) {
    next = rel.next_sibling();
    if (LastStep(rel.attribute("Type").value()) == "calcChain") rels.remove_child(rel);
  }
  pugi::xml_node types = documents_->types.document_element();
  for (pugi::xml_node node = types.first_child(), next; node; node = next) {
    next = node.next_sibling();
    if (Lower(node.attribute("PartName").value()) == "/" + Lower(calc_chain_part_)) {
      types.remove_child(node);
    }
  }
}

void XlsxWorkbook::ComputeOnLoad() {
  // What stands before calcPr in CT_Workbook, ECMA-376 part 1, 18.2.27.
  constexpr std::array<std::string_view, 9> kBefore = {
      "fileVersion", "fileSharing",    "workbookPr",         "workbookProtection", "bookViews",
      "sheets",      "functionGroups", "externalReferences", "definedNames"};
  pugi::xml_node root = documents_->workbook.document_element();
  pugi::xml_node settings = XmlChild(root, "calcPr");
  if (!settings) {
    pugi::xml_node before;
    for (const pugi::xml_node child : root.children()) {
      if (std::ranges::find(kBefore, XmlLocalName(child)) != kBefore.end()) before = child;
    }
    settings = root.insert_child_after((XmlPrefix(root) + "calcPr").c_str(), before);
  }
  XmlSet(settings, "fullCalcOnLoad", "1");
}

// docProps/app.xml counts the parts of each kind and lists their titles. Metadata only: when it
// is not as expected it is left alone.
void XlsxWorkbook::AddTitle(const std::string& name) {
  if (!documents_->has_app) return;
  const pugi::xml_node root = documents_->app.document_element();
  const pugi::xml_node pairs = XmlChild(XmlChild(root, "HeadingPairs"), "vector");
  pugi::xml_node titles = XmlChild(XmlChild(root, "TitlesOfParts"), "vector");
  int64_t passed = 0;
  const auto sheets = std::views::reverse(sheets_);
  const auto before = std::ranges::find_if(sheets, &WorkbookSheet::is_worksheet);
  if (before == sheets.end()) return;
  pugi::xml_node last;  // the last worksheet's title
  int64_t last_index = 0;
  for (const pugi::xml_node title : titles.children()) {
    if (XmlLocalName(title) != "lpstr") continue;
    if (title.text().get() == before->name) {
      last = title;
      last_index = passed;
    }
    ++passed;
  }
  if (!last) return;
  int64_t begin = 0;
  for (const pugi::xml_node variant : pairs.children()) {
    pugi::xml_node count = XmlChild(variant, "i4");
    if (!count) continue;
    const int64_t size = count.text().as_int();
    if (last_index >= begin && last_index < begin + size) {
      count.text().set(size + 1);
      pugi::xml_node title = titles.insert_child_after(last.name(), last);
      title.text().set(name.c_str());
      XmlSet(titles, "size", std::to_string(passed + 1));
      return;
    }
    begin += size;
  }
}

std::vector<NewPart> XlsxWorkbook::Parts() const {
  std::vector<NewPart> parts;
  parts.push_back({part_, XmlText(documents_->workbook)});
  parts.push_back({rels_part_, XmlText(documents_->rels)});
  if (documents_->has_app) parts.push_back({app_part_, XmlText(documents_->app)});
  parts.push_back({types_part_, XmlText(documents_->types)});
  return parts;
}

}  // namespace carrel::render
