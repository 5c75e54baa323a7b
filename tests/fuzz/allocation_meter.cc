#include "fuzz/allocation_meter.h"

#include <cstddef>
#include <cstdlib>
#include <new>

// g++ defines the first, clang knows the second.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STARLING_WITH_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define STARLING_WITH_ADDRESS_SANITIZER
#endif

namespace starling::fuzz {
namespace {

std::size_t bytes_asked_for = 0;

}  // namespace
}  // namespace starling::fuzz

// The sanitizer has its own `new` and must keep it to see everything; it calls back instead.
#ifdef STARLING_WITH_ADDRESS_SANITIZER

#include <sanitizer/allocator_interface.h>

namespace starling::fuzz {
namespace {

void on_malloc(const volatile void* /*memory*/, std::size_t size) {
  bytes_asked_for += size;
}
void on_free(const volatile void* /*memory*/) {}

const int kInstalled = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

AllocationMeter::AllocationMeter() : before_(bytes_asked_for) {
  if (kInstalled == 0) std::abort();
}

}  // namespace starling::fuzz

#else

namespace starling::fuzz {

AllocationMeter::AllocationMeter() : before_(bytes_asked_for) {}

}  // namespace starling::fuzz

// The other forms of `new` and `delete` go through these.
void* operator new(std::size_t size) {
  starling::fuzz::bytes_asked_for += size;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

#endif

namespace starling::fuzz {

std::size_t AllocationMeter::allocated() const {
  return bytes_asked_for - before_;
}

}  // namespace starling::fuzz
