// The bytes of a CSV file as UTF-8, whatever it is written in and whether or not gzip went over it.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/usage/byte_window.h"

namespace carrel::usage {

enum class CsvEncoding : uint8_t {
  // By the byte order mark; without one UTF-8, and Windows-1252 when the file is not UTF-8.
  kDetect,
  kUtf8,
  kUtf16Le,
  kUtf16Be,
  kWindows1252,
};

// The file without a byte order mark. kLimit when more than `max_bytes` come out of it. Detecting
// reads a file that has no mark once more when it comes to a byte that is not ASCII: before that
// byte it makes no difference.
Result<ByteSource> OpenCsv(const std::filesystem::path& path, CsvEncoding encoding,
                           uint64_t max_bytes);

}  // namespace carrel::usage
