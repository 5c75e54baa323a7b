#pragma once

// What one operation costs in processor time: others on the machine disturb that little, where the
// clock on the wall would show them.

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <time.h>

namespace starling {

inline double cpu_nanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Runs `operation` so often, five times over, and prints what one took in the best of them.
template <typename Operation>
void measure(const char* name, int operations, Operation operation) {
  constexpr int kRounds = 5;
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const double before = cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    for (int index = 0; index < operations; ++index) operation();
    const double took = cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before;
    best = std::min(best, took / operations);
  }
  std::printf("%-44s %9.1f CPU-ns\n", name, best);
}

// What must be computed although nobody wants it.
template <typename Value>
void keep(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace starling
