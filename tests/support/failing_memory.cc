#include "tests/support/failing_memory.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> refused_from = SIZE_MAX;
thread_local bool is_spared = false;

}  // namespace

void* operator new(size_t size) {
  if (size >= refused_from && !is_spared) throw std::bad_alloc();
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// The others are made of this one, but for those that a sanitizer has.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace carrel {

FailingMemory::FailingMemory(size_t least) {
  is_spared = true;
  refused_from = least;
}

FailingMemory::~FailingMemory() {
  refused_from = SIZE_MAX;
  is_spared = false;
}

}  // namespace carrel
