// What reading and checking usage files costs: read_bench MODE FILE THREADS [ROUNDS], MODE one of
// read, check, inflate (this build's library), zlib. Prints seconds of each round, rows and MiB of
// the process at its peak; tests/bench/read.py compares them with others.
#include <fmt/format.h>
#include <sys/resource.h>
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "runtime/base/files.h"
#include "runtime/base/inflate_stream.h"
#include "runtime/usage/csv_reader.h"
#include "runtime/usage/usage_file.h"
#include "runtime/usage/workbook.h"
#include "sdk/render/zip_reader.h"

namespace {

using namespace carrel;
using namespace carrel::usage;

// MiB at the peak of this program; getrusage remembers its parent's.
long PeakMiB() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kib;
  }
  return kib >> 10;
}

[[noreturn]] void Die(const std::string& what) {
  fmt::print(stderr, "read_bench: {}\n", what);
  std::exit(1);
}

template <typename T>
T Need(Result<T> result) {
  if (!result) Die(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class CountRows final : public RowSink {
 public:
  Status OnRow(const Row& row) override {
    ++rows;
    for (const Cell& cell : row.cells) bytes += cell.text.size();
    return {};
  }
  uint64_t rows = 0, bytes = 0;
};

class CountRecords final : public RecordSink {
 public:
  Status OnRecord(const UsageRecord&, std::span<const RecordError> errors, const Row&) override {
    if (!errors.empty()) Die(errors[0].message);
    return {};
  }
};

// The items and assets of tests/bench/read_data.py.
Lookup MakeLookup() {
  Lookup lookup;
  for (int i = 0; i < 50; ++i) {
    LookupItem item;
    item.mpn = fmt::format("MPN-{:03}", i);
    item.global_id = fmt::format("PRD-000-000-000-{:04}", i);
    item.decimals = 2;
    lookup.AddItem(std::move(item));
  }
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t asset = lookup.AddAsset(fmt::format("AS-{:012}", i));
    lookup.AddAssetParameter(asset, "subscription_id", fmt::format("sub-{:06}", i));
  }
  return lookup;
}

uint64_t ReadRows(const std::string& path, Threads threads) {
  CountRows sink;
  if (path.ends_with(".xlsx")) {
    WorkbookOptions options;
    options.threads = threads;
    const auto book = Need(Workbook::Open(path, options));
    Need(book->Read(book->tabs().at(0), sink));
  } else {
    CsvOptions options;
    options.threads = threads;
    Need(ReadCsv(path, options, sink));
  }
  return sink.rows;
}

uint64_t CheckRecords(const std::string& path, Threads threads, const Lookup& lookup) {
  CountRecords sink;
  const UsageRules rules{.schema = UsageSchema::kCr};
  UsageFileOptions options;
  options.threads = threads;
  const UsageFileResult result = Need(ReadUsageFile(path, lookup, rules, options, sink));
  if (result.fault) Die(result.fault->message);
  return result.valid;
}

uint64_t InflateAll(std::string_view file, const std::vector<render::ZipEntry>& entries) {
  static char out[256 << 10];
  uint64_t total = 0;
  for (const render::ZipEntry& entry : entries) {
    InflateStream stream(InflateStream::Format::kRaw);
    std::string_view rest = file.substr(entry.data_offset, entry.compressed_size);
    for (bool done = entry.method == 0; !done;) {
      const auto step = Need(stream.Inflate(rest, out, sizeof out));
      rest.remove_prefix(step.consumed);
      total += step.produced;
      done = step.done;
    }
  }
  return total;
}

uint64_t InflateByZlib(std::string_view file, const std::vector<render::ZipEntry>& entries) {
  static char out[256 << 10];
  uint64_t total = 0;
  for (const render::ZipEntry& entry : entries) {
    if (entry.method == 0) continue;
    z_stream stream{};
    inflateInit2(&stream, -MAX_WBITS);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data() + entry.data_offset));
    stream.avail_in = static_cast<uInt>(entry.compressed_size);
    for (int rc = Z_OK; rc == Z_OK;) {
      stream.next_out = reinterpret_cast<Bytef*>(out);
      stream.avail_out = sizeof out;
      rc = inflate(&stream, Z_NO_FLUSH);
    }
    total += stream.total_out;
    inflateEnd(&stream);
  }
  return total;
}

uint64_t RunOnce(const std::string& mode, const std::string& path, Threads threads,
                 const Lookup& lookup, std::string_view bytes) {
  if (mode == "read") return ReadRows(path, threads);
  if (mode == "check") return CheckRecords(path, threads, lookup);
  const auto zip = Need(render::ZipReader::Open(path));
  if (mode == "inflate") return InflateAll(bytes, zip->entries());
  if (mode == "zlib") return InflateByZlib(bytes, zip->entries());
  Die("unknown mode " + mode);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) Die("usage: read_bench MODE FILE THREADS [ROUNDS]");
  const std::string mode = argv[1];
  const std::string path = argv[2];
  const Threads threads = std::string_view(argv[3]) == "2" ? Threads::kTwo : Threads::kOne;
  const int rounds = argc > 4 ? std::atoi(argv[4]) : 5;
  const bool inflates = mode == "inflate" || mode == "zlib";
  const Lookup lookup = mode == "check" ? MakeLookup() : Lookup();
  const std::string bytes = inflates ? Need(ReadFile(path, size_t{1} << 30)) : "";
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    const uint64_t count = RunOnce(mode, path, threads, lookup, bytes);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rusage after{};
    getrusage(RUSAGE_SELF, &after);
    const auto cpu = [](const rusage& u) {
      return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
             static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    };
    fmt::print("{:.4f} {:.4f} {} {}\n", took.count(), cpu(after) - cpu(before), count, PeakMiB());
  }
  return 0;
}
