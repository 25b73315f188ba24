// A spreadsheet on its way out of the runtime.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/unique_fd.h"

namespace carrel::usage {

struct Download {
  UniqueFd fd;       // complete, at its first byte
  std::string name;  // for the receiver's side
  std::string_view media_type = "application/octet-stream";
};

}  // namespace carrel::usage
