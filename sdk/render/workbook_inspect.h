// Whether a file can serve as a workbook template, for validation before anything is run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::render {

struct WorkbookInfo {
  struct Sheet {
    std::string name;
    bool is_worksheet = false;  // rows can be written into it
  };
  std::vector<Sheet> sheets;  // in the order of the tabs; only so many, but `Data` if it is there
};

// Reads all that a run reads, in the same way, and inflates the rest. kInvalid or kLimit when it
// is no usable workbook, naming the part; kNotFound, kIo when it cannot be opened. That a sheet
// `Data` is missing is no error here: the sheets tell it.
Result<WorkbookInfo> InspectWorkbook(const std::filesystem::path& path);

}  // namespace carrel::render
