// Memory that runs out on the threads beside the test's own. A program with failing_memory.cc in
// it has an operator new of its own.
#pragma once

#include <cstddef>

namespace carrel {

// While it lives, operator new for `least` bytes or more throws std::bad_alloc on every thread but
// the one that made this. One at a time.
class FailingMemory {
 public:
  explicit FailingMemory(size_t least);
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  ~FailingMemory();
};

}  // namespace carrel
