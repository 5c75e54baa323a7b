#pragma once

// Target: one thing that reads bytes from outside, with what must hold whatever those bytes are. A
// program has one target. libfuzzer_main.cc lets clang's libFuzzer choose the bytes;
// replay_main.cc, an ordinary test, takes the seeds and the files of the corpus. README.md lists
// the targets.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace starling::fuzz {

struct Target {
  // Aborts where a promise is broken (STARLING_CHECK); returns for every other input, good or bad.
  void (*run)(std::string_view input);
  // Inputs to begin with, made by the code under test itself: they follow its formats without
  // anybody's help.
  std::vector<std::string> (*seeds)();
  // A fresh input for a number: what no mutation of single bytes would find. May be null.
  std::string (*invent)(std::uint64_t number) = nullptr;
};

// Defined by the *_target.cc of the program.
extern const Target kTarget;

}  // namespace starling::fuzz
