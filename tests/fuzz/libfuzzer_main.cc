// The side of a fuzzing program that libFuzzer calls. Its names and types are libFuzzer's.
//
// `--write-seeds=DIR` writes the target's seeds and ends; libFuzzer leaves flags with two dashes
// alone.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.h"

// libFuzzer's own mutation, to be used where ours has nothing to say.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

// Out of so many mutations one is an invention: enough to reach every kind of input within the
// first second, few enough to leave the time to what coverage found.
constexpr unsigned kMutationsPerInvention = 64;

void write_seeds(const std::string& folder) {
  std::size_t number = 0;
  for (const std::string& seed : starling::fuzz::kTarget.seeds()) {
    std::ofstream file(folder + "/seed_" + std::to_string(number++), std::ios::binary);
    file << seed;
    if (!file.flush()) std::exit(1);
  }
  std::exit(0);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  constexpr std::string_view kWriteSeeds = "--write-seeds=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view word = (*words)[i];
    if (word.starts_with(kWriteSeeds)) write_seeds(std::string(word.substr(kWriteSeeds.size())));
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  starling::fuzz::kTarget.run({reinterpret_cast<const char*>(data), size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  if (starling::fuzz::kTarget.invent == nullptr || seed % kMutationsPerInvention != 0) {
    return LLVMFuzzerMutate(data, size, size_max);
  }
  const std::string invented = starling::fuzz::kTarget.invent(seed);
  if (invented.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::memcpy(data, invented.data(), invented.size());
  return invented.size();
}
