#include "runtime/base/exceptions.h"

#include <fmt/format.h>

#include <new>
#include <system_error>

namespace carrel {

Error ErrorOf(const std::exception& thrown) {
  if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) {
    return {Code::kIo, "out of memory"};  // short enough to need none
  }
  if (dynamic_cast<const std::system_error*>(&thrown) != nullptr) {
    return {Code::kIo, fmt::format("refused by the system: {}", thrown.what())};
  }
  return {Code::kInternal, thrown.what()};
}

}  // namespace carrel
