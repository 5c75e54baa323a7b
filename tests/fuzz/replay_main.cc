// Runs a target on its seeds, on a few hundred inventions and on all files of the folders that are
// named: an ordinary test, so that what fuzzing found stays found without clang. STARLING_SEED says
// which inventions come first, STARLING_FUZZ_INVENTIONS how many there are.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/target.h"

namespace {

constexpr std::uint64_t kInventionsDefault = 300;

std::uint64_t number_in(const char* variable, std::uint64_t default_number) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? default_number : std::strtoull(text, nullptr, 10);
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// The name goes out first: a broken promise ends the process.
void run(const std::string& name, const std::string& input) {
  std::printf("replay: %s\n", name.c_str());
  std::fflush(stdout);
  starling::fuzz::kTarget.run(input);
}

}  // namespace

int main(int count, char** words) {
  std::size_t inputs = 0;
  for (const std::string& seed : starling::fuzz::kTarget.seeds()) {
    run("seed " + std::to_string(inputs++), seed);
  }
  if (starling::fuzz::kTarget.invent != nullptr) {
    const std::uint64_t first = number_in("STARLING_SEED", 0);
    const std::uint64_t inventions = number_in("STARLING_FUZZ_INVENTIONS", kInventionsDefault);
    for (std::uint64_t number = first; number - first < inventions; ++number, ++inputs) {
      run("invention " + std::to_string(number), starling::fuzz::kTarget.invent(number));
    }
  }
  for (int i = 1; i < count; ++i) {
    for (const std::filesystem::path& file : files_of(words[i])) {
      run(file.string(), content_of(file));
      ++inputs;
    }
  }
  // One case a target, however many inputs: they differ in bytes, not in what they say.
  std::printf("cases: 1 passed, 0 failed (%zu inputs)\n", inputs);
  return inputs == 0 ? 1 : 0;
}
