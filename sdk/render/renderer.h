// Writes a report's rows into its output file. A language host makes rows, a renderer turns each
// into bytes at once: memory does not grow with the number of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/block_pipe.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "sdk/render/cell.h"

namespace carrel::render {

// What a renderer takes: rows of cells (csv, html, xlsx) or JSON values (json, ndjson).
enum class Shape : uint8_t { kCells, kValues };

// What the `Info` sheet and summary.json say of a run.
struct RunInfo {
  std::string account_id, account_name;
  std::string report_id, report_name;
  std::string environment;  // "runtime environment"
  std::string start_time;   // ISO 8601, UTC: 2020-10-14T10:21:22.123456+00:00
  OrderedJson parameters;   // id -> value
};

// One report's writer. Not thread-safe: rows arrive one after another.
// Any failure ends the report: kInvalid for a cell or row the format cannot hold (the message
// names row and column, from 1), kLimit when the output cap (EFBIG) is hit, kIo when the disk is
// full.
class Renderer {
 public:
  virtual ~Renderer() = default;

  virtual Shape shape() const = 0;

  // kCells renderers: one row, lengths may differ from row to row.
  virtual Status WriteRow(Row row);
  // kValues renderers: one row, already serialised as JSON text.
  virtual Status WriteValue(std::string_view json);
  // kValues renderers: the whole result is this one JSON text (a dict was returned).
  virtual Status WriteDocument(std::string_view json);

  // Completes the file. Exactly once, after the last row. `finish_time` as RunInfo::start_time.
  virtual Status Finish(std::string_view finish_time) = 0;

  // Of the finished file, hexadecimal, when it was hashed while it was written; else empty.
  virtual std::string_view sha256() const { return {}; }

  uint64_t rows() const { return rows_; }

 protected:
  uint64_t rows_ = 0;
};

struct RendererOptions {
  std::string type;           // "xlsx"
  Json args;                  // the renderer's args, an object or null
  std::string root;           // directory of the checkout
  std::string template_path;  // relative to root, empty when the renderer has none
  int output_fd = -1;         // open for writing and seeking, empty; not owned
  RunInfo info;
  Threading threading = Threading::kWhenSpare;  // of what is no rendering; same bytes
};

// kInvalid: unknown type (jinja2 and pdf are rendered by the Python host), bad args, a template
// that is not a usable workbook.
Result<std::unique_ptr<Renderer>> MakeRenderer(const RendererOptions& options);

// To add a renderer: 1. write x_renderer.{h,cc} with a factory; 2. add its row to kRenderers in
// renderers.cc; 3. list the file in CMakeLists.txt and document its rules in
// runtime/docs/formats.md.

}  // namespace carrel::render
