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
  std::vector<Sheet> sheets;  // in the order of the tabs
};

// Reads the parts that name the sheets, and the styles. kInvalid or kLimit when it is no usable
// workbook; kNotFound, kIo when it cannot be opened.
Result<WorkbookInfo> InspectWorkbook(const std::filesystem::path& path);

}  // namespace carrel::render
