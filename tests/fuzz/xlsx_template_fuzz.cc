// Workbook templates of strangers, as validation and a run read them.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/unique_fd.h"
#include "runtime/base/zip_writer.h"
#include "sdk/render/renderer.h"
#include "sdk/render/workbook_inspect.h"

namespace {

using namespace carrel;

constexpr std::string_view kRels =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

using Part = std::pair<std::string, std::string>;

std::string Relationship(std::string_view id, std::string_view type, std::string_view target) {
  return "<Relationship Id=\"" + std::string(id) + "\" Type=\"" + std::string(kRels) + "/" +
         std::string(type) + "\" Target=\"" + std::string(target) + "\"/>";
}

const std::vector<Part>& GoodParts() {
  static const std::vector<Part> parts = {
      {"[Content_Types].xml",
       "<Types><Override PartName=\"/xl/calcChain.xml\" ContentType=\"c\"/></Types>"},
      {"_rels/.rels", "<Relationships>" + Relationship("a", "officeDocument", "xl/workbook.xml") +
                          Relationship("b", "extended-properties", "docProps/app.xml") +
                          "</Relationships>"},
      {"xl/workbook.xml", "<workbook xmlns:r=\"" + std::string(kRels) +
                              "\"><sheets><sheet name=\"Data\" sheetId=\"1\" r:id=\"rId1\"/>"
                              "</sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       "<Relationships>" + Relationship("rId1", "worksheet", "worksheets/sheet1.xml") +
           Relationship("rId2", "styles", "styles.xml") +
           Relationship("rId3", "calcChain", "calcChain.xml") + "</Relationships>"},
      {"xl/worksheets/sheet1.xml",
       "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" s=\"1\"/></row></sheetData></worksheet>"},
      {"xl/styles.xml", "<styleSheet><cellXfs><xf/><xf/></cellXfs></styleSheet>"},
      {"xl/calcChain.xml", "<calcChain/>"},
      {"docProps/app.xml", "<Properties/>"},
  };
  return parts;
}

// A file in memory, by a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes = {}) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (::write(fd_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
  }
  int fd() const { return fd_.get(); }
  std::string name() const { return std::to_string(fd_.get()); }
  std::string path() const { return "/proc/self/fd/" + name(); }

 private:
  UniqueFd fd_;
};

void Require(bool good, std::string_view what, std::string_view message) {
  if (good) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(message.size()), message.data());
  std::abort();
}

Status Render(const MemoryFile& opened, const MemoryFile& output) {
  render::RendererOptions options;
  options.type = "xlsx";
  options.root = "/proc/self/fd";
  options.template_path = opened.name();
  options.output_fd = output.fd();
  CARREL_ASSIGN_OR_RETURN(auto renderer, render::MakeRenderer(options));
  render::Cell text, day;
  text.kind = render::CellKind::kText;
  text.text = "a<b";
  day.kind = render::CellKind::kDate;
  const std::array cells = {text, render::Cell(), day};
  for (int row = 0; row < 3; ++row) CARREL_TRY(renderer->WriteRow(cells));
  return renderer->Finish("2020-01-01T00:00:00+00:00");
}

void Check(const MemoryFile& file) {
  const auto info = render::InspectWorkbook(file.path());
  if (!info) return;
  bool has_data = false;
  for (const auto& sheet : info->sheets) has_data |= sheet.name == "Data" && sheet.is_worksheet;
  if (!has_data) return;
  const MemoryFile output;
  const Status rendered = Render(file, output);
  Require(rendered.has_value(), "validated but not rendered",
          rendered ? "" : rendered.error().message);
  const auto again = render::InspectWorkbook(output.path());
  Require(again.has_value(), "rendered but not valid", again ? "" : again.error().message);
}

}  // namespace

// First byte: 0 for an archive, n for the XML of the nth part.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t part = data[0] % (GoodParts().size() + 1);
  if (part == 0) {
    Check(MemoryFile(bytes));
    return 0;
  }
  const MemoryFile file;
  ZipWriter zip(file.fd());
  for (size_t i = 0; i < GoodParts().size(); ++i) {
    const auto& [name, text] = GoodParts()[i];
    const Status added =
        zip.Add(name, i + 1 == part ? bytes : text, {.method = ZipWriter::Method::kStored});
    Require(added.has_value(), "writing the seed", name);
  }
  Require(zip.Finish().has_value(), "writing the seed", "directory");
  Check(file);
  return 0;
}
