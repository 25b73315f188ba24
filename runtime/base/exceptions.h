// The few exceptions there are (out of memory, above all) where they may not simply leave: the end
// of a thread, and the edges at which one file, report or call fails and the process goes on.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "runtime/base/result.h"

namespace carrel {

// kIo when the system gives no memory ("out of memory") or no thread; kInternal with what any other
// exception says.
Error ErrorOf(const std::exception& thrown);

// What `work` returns, a Status or a Result; an exception that leaves it becomes an error.
template <typename Work>
std::invoke_result_t<Work> Guarded(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::exception& thrown) {
    return std::unexpected(ErrorOf(thrown));
  }
}

// What work on one thread came to, for another thread: its Status or the exception that left it.
class ThreadStatus {
 public:
  ThreadStatus() = default;

  template <typename Work>
  static ThreadStatus Of(Work&& work) {
    ThreadStatus out;
    try {
      out.status_ = std::forward<Work>(work)();
    } catch (...) {
      out.thrown_ = std::current_exception();
    }
    return out;
  }

  explicit operator bool() const { return status_ && !thrown_; }
  // Throws what was thrown.
  Status Get() const {
    if (thrown_) std::rethrow_exception(thrown_);
    return status_;
  }

 private:
  Status status_;
  std::exception_ptr thrown_;
};

}  // namespace carrel
