// Zip archives of strangers: what the reader accepts can be read to its end or is refused with a
// reason, and what is copied from it without inflating it is an archive with the same contents.
#include <map>
#include <string>
#include <string_view>

#include "runtime/base/zip_writer.h"
#include "sdk/render/zip_reader.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace carrel;
using fuzz::MemoryFile;
using fuzz::Require;

constexpr render::ZipLimits kLimits = {
    .max_entries = 100, .max_inflated = uint64_t{16} << 20, .max_name = 200};

Status Copy(render::ZipReader& from, const render::ZipEntry& entry, ZipWriter& into) {
  CARREL_TRY(into.BeginRaw({.name = entry.name,
                            .method = entry.method,
                            .flags = entry.flags,
                            .crc = entry.crc,
                            .compressed_size = entry.compressed_size,
                            .size = entry.size}));
  CARREL_TRY(from.CopyRaw(entry, [&](std::string_view bytes) { return into.Write(bytes); }));
  return into.End();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file({reinterpret_cast<const char*>(data), size});
  const auto zip = render::ZipReader::Open(file.path(), kLimits);
  if (!zip) {
    Require(!zip.error().message.empty(), "refused", "without a reason");
    return 0;
  }
  const MemoryFile output;
  ZipWriter writer(output.fd());
  std::map<std::string, std::string> contents;
  for (const render::ZipEntry& entry : (*zip)->entries()) {
    Require((*zip)->Find(entry.name) == &entry, "an entry is not found", entry.name);
    const auto content = (*zip)->Read(entry, 1 << 20);
    if (!content) continue;
    Require(content->size() == entry.size, "another size", entry.name);
    contents[entry.name] = *content;
    const Status copied = Copy(**zip, entry, writer);
    Require(copied.has_value(), "not copied", copied ? "" : copied.error().message);
  }
  Require(writer.Finish().has_value(), "not finished", "");
  const auto again = render::ZipReader::Open(output.path(), kLimits);
  Require(again.has_value(), "the copy is refused", again ? "" : again.error().message);
  Require((*again)->entries().size() == contents.size(), "entries are lost", "");
  for (const render::ZipEntry& entry : (*again)->entries()) {
    const auto content = (*again)->Read(entry, 1 << 20);
    Require(content && *content == contents.at(entry.name), "other bytes", entry.name);
  }
  return 0;
}
