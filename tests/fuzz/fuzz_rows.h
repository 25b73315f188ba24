// Rows of cells made from the bytes of a fuzz input, and renderers to put them through.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/render/cell.h"
#include "sdk/render/renderer.h"
#include "tests/fuzz/memory_file.h"

namespace carrel::fuzz {

// At most 50 rows of at most 8 cells of every kind, as a language host gives them; texts live here.
class Rows {
 public:
  explicit Rows(FuzzedDataProvider& data);
  const std::vector<std::vector<render::Cell>>& rows() const { return rows_; }

 private:
  std::string_view Text(FuzzedDataProvider& data);
  std::string_view Digits(FuzzedDataProvider& data);
  std::string_view Decimal(FuzzedDataProvider& data);
  render::Cell Make(FuzzedDataProvider& data);

  std::deque<std::string> texts_;
  std::vector<std::vector<render::Cell>> rows_;
};

// Writes into `output`; `book` is the template of an xlsx renderer. Fails the run when the renderer
// cannot be made.
std::unique_ptr<render::Renderer> OpenRenderer(const std::string& type, const MemoryFile& output,
                                               const MemoryFile* book = nullptr,
                                               const Json& args = nullptr);

}  // namespace carrel::fuzz
