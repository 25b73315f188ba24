// The table of texts that a workbook's cells point into.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/usage/byte_window.h"
#include "runtime/usage/spill_buffer.h"

namespace carrel::usage {

// Which parser reads a part: the general one takes all that is well-formed, the fast one hands
// over to it at whatever it does not know. kGeneral is for comparing the two.
enum class XmlPath : uint8_t { kFast, kGeneral };

// Rich text without its formats; phonetic hints are left out. Immutable once loaded.
class SharedStrings {
 public:
  // kLimit: more strings or longer ones than `limits` allow; kInvalid: not such a part.
  static Result<std::unique_ptr<SharedStrings>> Load(ByteSource source, Threads threads,
                                                     XmlPath path, const ReaderLimits& limits,
                                                     const std::filesystem::path& temp_directory);

  size_t size() const { return count_; }
  std::string_view operator[](size_t i) const {
    return {text_ + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  bool spilled() const { return texts_.spilled(); }

 private:
  class Loader;

  SharedStrings(const ReaderLimits& limits, const std::filesystem::path& temp_directory);
  Status Add(std::string_view text);
  Status Finish();

  const ReaderLimits limits_;
  SpillBuffer texts_, ends_;
  size_t count_ = 0;
  const char* text_ = nullptr;
  const uint32_t* offsets_ = nullptr;  // count_ + 1 of them
};

}  // namespace carrel::usage
