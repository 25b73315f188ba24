// What the fuzz targets share: files that have no disk, a small workbook, and a way to fail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/unique_fd.h"

namespace carrel::fuzz {

// A file in memory, by a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes = {});
  int fd() const { return fd_.get(); }
  std::string name() const { return std::to_string(fd_.get()); }
  std::string path() const { return "/proc/self/fd/" + name(); }
  std::string Read() const;

 private:
  UniqueFd fd_;
};

// Ends the program with words when `good` does not hold.
void Require(bool good, std::string_view what, std::string_view message);

using Part = std::pair<std::string, std::string>;  // name and content

// The parts of a workbook with a sheet Data that has one cell.
const std::vector<Part>& GoodParts();

// A workbook of these parts; one that `changed` names has that content instead.
std::string SmallWorkbook(const Part& changed);

}  // namespace carrel::fuzz
