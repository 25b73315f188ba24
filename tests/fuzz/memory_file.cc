#include "tests/fuzz/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "runtime/base/zip_writer.h"

namespace carrel::fuzz {
namespace {

constexpr std::string_view kRels =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

std::string Relationship(std::string_view id, std::string_view type, std::string_view target) {
  return "<Relationship Id=\"" + std::string(id) + "\" Type=\"" + std::string(kRels) + "/" +
         std::string(type) + "\" Target=\"" + std::string(target) + "\"/>";
}

}  // namespace

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

MemoryFile::MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  const auto written = ::write(fd_.get(), bytes.data(), bytes.size());
  if (written != static_cast<ssize_t>(bytes.size())) std::abort();
}

std::string MemoryFile::Read() const {
  std::string bytes(static_cast<size_t>(::lseek(fd_.get(), 0, SEEK_END)), '\0');
  const auto read = ::pread(fd_.get(), bytes.data(), bytes.size(), 0);
  if (read != static_cast<ssize_t>(bytes.size())) std::abort();
  return bytes;
}

void Require(bool good, std::string_view what, std::string_view message) {
  if (good) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(message.size()), message.data());
  std::abort();
}

std::string SmallWorkbook(const Part& changed) {
  const MemoryFile file;
  ZipWriter zip(file.fd());
  for (const auto& [name, text] : GoodParts()) {
    const Status added = zip.Add(name, name == changed.first ? changed.second : text,
                                 {.method = ZipWriter::Method::kStored});
    Require(added.has_value(), "writing the seed", name);
  }
  Require(zip.Finish().has_value(), "writing the seed", "directory");
  return file.Read();
}

}  // namespace carrel::fuzz
