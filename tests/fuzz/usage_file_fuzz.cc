// Usage files of strangers: the first byte says whether the rest is a whole file, a sheet, a table
// of shared strings or CSV. Beside crashes and leaks it checks a promise: the fast and the general
// parser read the same rows, or refuse with the same words and have read as far, but for rows that
// one of them has in hand.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "runtime/base/unique_fd.h"
#include "runtime/usage/sheet_reader.h"
#include "runtime/usage/usage_file.h"

namespace {

using namespace carrel;
using namespace carrel::usage;

class Print final : public RowSink {
 public:
  Status OnRow(const Row& row) override {
    text += std::to_string(row.number) + ":";
    for (const Cell& cell : row.cells) {
      text += static_cast<char>('a' + static_cast<int>(cell.kind));
      text += cell.date_style ? '@' : '=';
      text += cell.text;
    }
    return {};
  }
  std::string text;
};

class Drop final : public RecordSink {
 public:
  Status OnRecord(const UsageRecord&, std::span<const RecordError>, const Row&) override {
    return {};
  }
};

ByteSource SourceOf(std::string_view bytes) {
  return [bytes](char* out, size_t size) mutable -> Result<size_t> {
    const size_t n = bytes.copy(out, std::min<size_t>(size, 1000));
    bytes.remove_prefix(n);
    return n;
  };
}

std::string ReadStrings(std::string_view bytes, XmlPath how) {
  const auto strings = SharedStrings::Load(SourceOf(bytes), Threads::kOne, how, {}, "/tmp");
  if (!strings) return "error";
  std::string text;
  for (size_t i = 0; i < (*strings)->size(); ++i) text += std::string((**strings)[i]) + "|";
  return text;
}

struct Outcome {
  std::string rows, error;
};

Outcome ReadRows(std::string_view bytes, XmlPath how) {
  static const std::vector<bool> styles = {false, true};
  SheetContext context;
  context.tab = "records";
  context.date_styles = &styles;
  Print sink;
  const Status read = ReadSheet(SourceOf(bytes), Threads::kOne, how, context, sink);
  return {sink.text, read ? "" : read.error().message};
}

void Require(bool good, const std::string& fast, const std::string& general) {
  if (good) return;
  std::fprintf(stderr, "fast:    %s\ngeneral: %s\n", fast.c_str(), general.c_str());
  std::abort();
}

void Same(const Outcome& fast, const Outcome& general) {
  const bool as_far = fast.error.empty() ? fast.rows == general.rows
                                         : fast.rows.starts_with(general.rows) ||
                                               general.rows.starts_with(fast.rows);
  Require(as_far && fast.error == general.error, fast.rows + " " + fast.error,
          general.rows + " " + general.error);
}

void SameStrings(std::string_view bytes) {
  const std::string fast = ReadStrings(bytes, XmlPath::kFast);
  const std::string general = ReadStrings(bytes, XmlPath::kGeneral);
  Require(fast == general, fast, general);
}

void ReadWhole(std::string_view bytes) {
  const UniqueFd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  const Lookup lookup;
  UsageRules rules;
  rules.dynamic = true;
  UsageFileOptions options;
  options.limits.max_inflated = 16 << 20;
  Drop sink;
  (void)ReadUsageFile("/proc/self/fd/" + std::to_string(fd.get()), lookup, rules, options, sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      ReadWhole(bytes);
      break;
    case 1:
      Same(ReadRows(bytes, XmlPath::kFast), ReadRows(bytes, XmlPath::kGeneral));
      break;
    case 2:
      SameStrings(bytes);
      break;
    default:
      ReadWhole(std::string("record_id,quantity,") + std::string(bytes));
  }
  return 0;
}
