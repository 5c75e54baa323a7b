#pragma once

// AllocationMeter: how many bytes this process has asked for since the meter was made, whether they
// were given back or not. A decoder that takes the memory of its input's choice shows here. For
// programs of one thread.

#include <cstddef>

namespace starling::fuzz {

class AllocationMeter {
 public:
  AllocationMeter();
  [[nodiscard]] std::size_t allocated() const;

 private:
  std::size_t before_;
};

}  // namespace starling::fuzz
