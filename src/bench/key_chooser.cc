#include "bench/key_chooser.h"

#include <cstdint>

#include "base/random.h"
#include "bench/workload.h"
#include "bench/zipfian.h"

namespace starling::bench {

KeyChooser::KeyChooser(Distribution distribution, std::uint64_t records)
    : distribution_(distribution),
      records_(records),
      zipfian_(distribution == Distribution::Uniform ? 1 : records) {}

std::uint64_t KeyChooser::choose(Random& random, std::uint64_t inserted) {
  switch (distribution_) {
    case Distribution::Uniform:
      return random.below(records_);
    case Distribution::Zipfian:
      return scrambled(zipfian_.draw(random), records_);
    case Distribution::Latest:
      break;
  }
  const std::uint64_t all = records_ + inserted;
  zipfian_.grow(all);
  return all - 1 - zipfian_.draw(random) % all;
}

}  // namespace starling::bench
