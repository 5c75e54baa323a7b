#include "daemon/memory_relief.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <malloc.h>
#include <unistd.h>

// jemalloc's, in a program that is linked with it; elsewhere, as under sanitizers, it is nullptr.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value,
                                             std::size_t* old_size, void* new_value,
                                             std::size_t new_size);

namespace starling {

std::optional<std::uint64_t> resident_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  unsigned long total = 0;
  unsigned long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lu %lu", &total, &resident) != 2) return {};
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (page_bytes <= 0) return {};
  return std::uint64_t{resident} * static_cast<std::uint64_t>(page_bytes);
}

void return_freed_memory() {
  if (mallctl == nullptr) return static_cast<void>(malloc_trim(0));
  // 4096 stands for all arenas.
  static_cast<void>(mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0));
}

MemoryRelief::MemoryRelief(std::uint64_t limit_bytes, System system)
    : limit_bytes_(limit_bytes), system_(std::move(system)), threshold_bytes_(limit_bytes) {}

std::uint64_t MemoryRelief::worth_it_above(std::uint64_t held) const {
  return std::max(limit_bytes_, held + limit_bytes_ / kGrowthPart);
}

void MemoryRelief::look() {
  const std::optional<std::uint64_t> held = system_.resident();
  if (!held.has_value()) return;
  if (*held <= threshold_bytes_) {
    threshold_bytes_ = std::min(threshold_bytes_, worth_it_above(*held));
    return;
  }
  system_.give_back();
  threshold_bytes_ = worth_it_above(system_.resident().value_or(*held));
}

}  // namespace starling
