#include "runtime/usage/workbook.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>

#include "runtime/base/text.h"
#include "runtime/usage/date_style.h"
#include "runtime/usage/sheet_reader.h"
#include "runtime/usage/xml_text.h"
#include "sdk/render/xml_scanner.h"
#include "sdk/render/zip_reader.h"

namespace carrel::usage {
namespace {

using render::XmlAttributes;
using render::XmlScanner;
using render::XmlToken;
using render::ZipEntry;
using render::ZipStream;

constexpr size_t kMaxPart = size_t{32} << 20;  // of the parts that are read whole
constexpr size_t kMaxTabs = 10'000;

// What follows the last slash: the types of relationships differ before it from writer to writer.
std::string_view LastStep(std::string_view text) { return text.substr(text.rfind('/') + 1); }

std::string Directory(std::string_view part) {
  const size_t slash = part.rfind('/');
  return std::string(part.substr(0, slash == part.npos ? 0 : slash + 1));
}

// A relationship's target as an entry name: "/xl/a.xml", "a.xml", "../xl/a.xml".
std::string ResolveTarget(std::string_view directory, std::string_view target) {
  const std::string full =
      target.starts_with('/') ? std::string(target) : fmt::format("{}{}", directory, target);
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

std::string Attribute(std::string_view tag, std::string_view name) {
  TextArena arena;
  const auto value = UnescapeXml(render::FindXmlAttribute(tag, name).value_or(""), arena);
  return std::string(value.value_or(""));
}

// r:id, whatever the prefix.
std::string RelationshipId(std::string_view tag) {
  for (XmlAttributes attributes(tag); attributes.Next();) {
    if (attributes.name().ends_with(":id")) return std::string(attributes.value());
  }
  return "";
}

struct Relationship {
  std::string type, target;
};
using Relationships = std::map<std::string, Relationship>;  // by id

Result<Relationships> ReadRelationships(std::string_view xml, std::string_view directory) {
  Relationships out;
  XmlScanner scanner(xml);
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
    if (token == XmlToken::kFinished) return out;
    if (token != XmlToken::kStart && token != XmlToken::kEmpty) continue;
    if (scanner.local_name() != "Relationship") continue;
    const std::string type = Attribute(scanner.raw(), "Type");
    out[Attribute(scanner.raw(), "Id")] = {
        std::string(LastStep(type)), ResolveTarget(directory, Attribute(scanner.raw(), "Target"))};
    if (out.size() > kMaxTabs) return Fail(Code::kLimit, "more than 10000 relationships");
  }
}

ByteSource SourceOf(ZipStream stream) {
  auto shared = std::make_shared<ZipStream>(std::move(stream));  // std::function copies
  return [shared](char* out, size_t size) { return shared->Read(out, size); };
}

std::unexpected<Error> NotAWorkbook(std::string_view why) {
  return Fail(Code::kInvalid, fmt::format("not an Excel workbook: {}", why));
}

// What people upload by mistake is named.
std::unexpected<Error> NotAZip(const std::filesystem::path& path, const Error& error) {
  std::array<char, 8> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  if (std::string_view(head.data(), head.size()) == "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
    return Fail(Code::kInvalid,
                "an encrypted workbook or one of the old .xls format: save it as .xlsx without a "
                "password");
  }
  return std::unexpected(error);
}

}  // namespace

Workbook::Workbook(std::unique_ptr<render::ZipReader> zip, const WorkbookOptions& options)
    : zip_(std::move(zip)), options_(options) {
  if (options_.temp_directory.empty()) {
    options_.temp_directory = std::filesystem::temp_directory_path();
  }
}

Workbook::~Workbook() = default;

Result<std::unique_ptr<Workbook>> Workbook::Open(const std::filesystem::path& path,
                                                 const WorkbookOptions& options) {
  const render::ZipLimits limits{.max_entries = options.limits.max_parts,
                                 .max_inflated = options.limits.max_inflated};
  auto zip = render::ZipReader::Open(path, limits);
  if (!zip) return NotAZip(path, zip.error());
  std::unique_ptr<Workbook> workbook(new Workbook(std::move(*zip), options));
  CARREL_TRY(workbook->Load());
  return workbook;
}

Result<std::string> Workbook::ReadPart(std::string_view name) {
  const ZipEntry* entry = zip_->Find(name);
  if (entry == nullptr) return NotAWorkbook(fmt::format("it has no {}", EscapeControls(name)));
  return zip_->Read(*entry, kMaxPart);
}

Status Workbook::Load() {
  CARREL_ASSIGN_OR_RETURN(const std::string root, ReadPart("_rels/.rels"));
  CARREL_ASSIGN_OR_RETURN(const Relationships roots, ReadRelationships(root, ""));
  std::string part;
  for (const auto& [id, relationship] : roots) {
    if (relationship.type == "officeDocument") part = relationship.target;
  }
  if (part.empty()) return NotAWorkbook("_rels/.rels names no document");
  const std::string directory = Directory(part);
  CARREL_ASSIGN_OR_RETURN(const std::string xml, ReadPart(part));
  CARREL_ASSIGN_OR_RETURN(const std::string rels,
                          ReadPart(fmt::format("{}_rels/{}.rels", directory, LastStep(part))));
  return ReadTabs(xml, directory, rels);
}

Status Workbook::ReadTabs(std::string_view xml, std::string_view directory,
                          std::string_view rels_xml) {
  CARREL_ASSIGN_OR_RETURN(const Relationships rels, ReadRelationships(rels_xml, directory));
  for (const auto& [id, relationship] : rels) {
    if (relationship.type == "styles") styles_part_ = relationship.target;
    if (relationship.type == "sharedStrings") strings_part_ = relationship.target;
  }
  XmlScanner scanner(xml);
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
    if (token == XmlToken::kFinished) return {};
    if (token != XmlToken::kStart && token != XmlToken::kEmpty) continue;
    const std::string_view name = scanner.local_name();
    const size_t depth = scanner.depth() + (token == XmlToken::kStart ? 0 : 1);
    if (depth == 1 && name != "workbook") return NotAWorkbook("its document is something else");
    if (depth == 2 && name == "workbookPr") {
      const std::string value = Attribute(scanner.raw(), "date1904");
      epoch_ = value == "1" || value == "true" || value == "on" ? Epoch::k1904 : Epoch::k1900;
    }
    if (depth != 3 || name != "sheet") continue;
    const auto found = rels.find(RelationshipId(scanner.raw()));
    if (found == rels.end() || found->second.type != "worksheet") continue;
    tabs_.push_back({Attribute(scanner.raw(), "name"), found->second.target});
    if (tabs_.size() > kMaxTabs) return Fail(Code::kLimit, "more than 10000 sheets");
  }
}

Status Workbook::ReadStyles() {
  if (styles_part_.empty()) return {};
  CARREL_ASSIGN_OR_RETURN(const std::string xml, ReadPart(styles_part_));
  auto styles = ReadDateStyles(xml);
  if (!styles) return Wrap(styles.error(), "styles of the workbook");
  date_styles_ = std::move(*styles);
  return {};
}

Status Workbook::LoadStrings() {
  const ZipEntry* entry = strings_part_.empty() ? nullptr : zip_->Find(strings_part_);
  if (entry == nullptr) return {};
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, zip_->Stream(*entry));
  auto strings = SharedStrings::Load(SourceOf(std::move(stream)), options_.threads, options_.path,
                                     options_.limits, options_.temp_directory);
  if (!strings) return Wrap(strings.error(), "shared strings of the workbook");
  strings_ = std::move(*strings);
  return {};
}

Status Workbook::Read(const Tab& tab, RowSink& sink) {
  if (!loaded_) {
    CARREL_TRY(ReadStyles());
    CARREL_TRY(LoadStrings());
    loaded_ = true;
  }
  const ZipEntry* entry = zip_->Find(tab.part);
  if (entry == nullptr) {
    return NotAWorkbook(fmt::format("sheet {}: it has no {}", tab.name, EscapeControls(tab.part)));
  }
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, zip_->Stream(*entry));
  const SheetContext context{.tab = tab.name,
                             .strings = strings_.get(),
                             .date_styles = &date_styles_,
                             .limits = options_.limits};
  return ReadSheet(SourceOf(std::move(stream)), options_.threads, options_.path, context, sink);
}

}  // namespace carrel::usage
