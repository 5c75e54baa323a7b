#pragma once

// KeyChooser: which record an operation is about. Loaded records have the numbers below `records`;
// those inserted since come behind them, as far as the caller says that they are there.

#include <cstdint>

#include "base/random.h"
#include "bench/workload.h"
#include "bench/zipfian.h"

namespace starling::bench {

class KeyChooser {
 public:
  // Takes time in proportion to `records`: copy one for each client. REQUIRES: records > 0.
  KeyChooser(Distribution distribution, std::uint64_t records);

  // A record below `records` + `inserted`. Only Latest looks at what was inserted.
  [[nodiscard]] std::uint64_t choose(Random& random, std::uint64_t inserted);

 private:
  Distribution distribution_;
  std::uint64_t records_;
  Zipfian zipfian_;
};

}  // namespace starling::bench
