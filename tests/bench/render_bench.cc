// Rows that are in memory already into files: our renderers on one and two threads, libxlsxwriter
// beside them. Prints JSON for render.py: {"name": [seconds, ...]}.
//
//   render_bench --template FILE --rows N --runs N [--columns N] [--only NAME] [--keep FILE]
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "sdk/render/renderer.h"
#include "tests/bench/bench_rows.h"
#include "tests/bench/peer_process.h"
#include "tests/bench/xlsx_peer.h"

namespace {

using carrel::bench::BenchRows;
using carrel::bench::Die;
using carrel::bench::SteadyClock;

constexpr size_t kDistinct = 10'000;

struct Options {
  std::filesystem::path workbook;
  size_t rows = 200'000;
  size_t columns = carrel::bench::kColumns;
  int runs = 3;
  std::string only;
  std::string keep;  // where the last file stays
};

struct Contender {
  std::string name;
  std::function<bool(const std::string& path)> write;  // false: not in this build
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--template") {
      options.workbook = value;
    } else if (name == "--rows") {
      options.rows = std::stoul(value);
    } else if (name == "--columns") {
      options.columns = std::stoul(value);
    } else if (name == "--runs") {
      options.runs = std::stoi(value);
    } else if (name == "--only") {
      options.only = value;
    } else if (name == "--keep") {
      options.keep = value;
    } else {
      Die("unknown option " + name);
    }
  }
  if (options.workbook.empty()) Die("--template is missing");
  return options;
}

bool Render(const Options& options, const BenchRows& rows, const std::string& type,
            const carrel::Json& args, carrel::Threading threading, const std::string& path) {
  const carrel::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  auto renderer = carrel::render::MakeRenderer(
      {.type = type,
       .args = args,
       .root = options.workbook.parent_path(),
       .template_path = type == "xlsx" ? options.workbook.filename().string() : "",
       .output_fd = fd.get(),
       .info = {},
       .threading = threading});
  if (!renderer) Die(renderer.error().message);
  for (size_t i = 0; i < options.rows; ++i) {
    if (auto written = (*renderer)->WriteRow(rows.row(i, options.columns)); !written) {
      Die(written.error().message);
    }
  }
  if (auto done = (*renderer)->Finish("2026-01-01T00:00:00+00:00"); !done) {
    Die(done.error().message);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  const BenchRows rows(kDistinct);
  const auto ours = [&](const std::string& type, const carrel::Json& args,
                        carrel::Threading threading) {
    return [&options, &rows, type, args, threading](const std::string& path) {
      return Render(options, rows, type, args, threading, path);
    };
  };
  using carrel::Threading;
  const std::vector<Contender> contenders = {
      {"xlsx, two threads", ours("xlsx", nullptr, Threading::kWhenSpare)},
      {"xlsx, one thread", ours("xlsx", nullptr, Threading::kInline)},
      {"xlsx small, two threads", ours("xlsx", {{"compression", "small"}}, Threading::kWhenSpare)},
      {"csv", ours("csv", nullptr, Threading::kInline)},
      {"libxlsxwriter constant memory",
       [&](const std::string& path) { return WriteWithLibxlsxwriter(rows, options.rows, path); }},
  };
  const std::string path = fmt::format("/tmp/render_bench.{}", ::getpid());
  std::map<std::string, std::vector<double>> seconds;
  std::map<std::string, uint64_t> bytes;
  // Interleaved, so that a slow moment of the machine meets everybody.
  for (int run = 0; run < options.runs; ++run) {
    for (const Contender& contender : contenders) {
      if (!options.only.empty() && !contender.name.starts_with(options.only)) continue;
      const auto start = SteadyClock::now();
      if (!contender.write(path)) continue;
      seconds[contender.name].push_back(carrel::bench::Milliseconds(SteadyClock::now() - start) /
                                        1000);
      bytes[contender.name] = std::filesystem::file_size(path);
    }
  }
  if (!options.keep.empty()) std::filesystem::rename(path, options.keep);
  std::filesystem::remove(path);
  fmt::print("{}\n", carrel::Json{{"seconds", seconds}, {"bytes", bytes}}.dump());
  return 0;
}
