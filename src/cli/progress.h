#pragma once

// Progress: one line on a terminal that counts along while something long runs. On anything else it
// says nothing.

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/console.h"

namespace starling::cli {

class Progress {
 public:
  // `verb`: "imported", "exported".
  Progress(Console& console, std::string verb);

  // Prints the count, a few times a second at most.
  void show(std::uint64_t done, std::uint64_t failed);
  // Removes the line, so that what follows stands alone.
  void finish();

 private:
  Console& console_;
  std::string verb_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point shown_;
  bool visible_ = false;
};

}  // namespace starling::cli
