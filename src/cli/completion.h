#pragma once

// Completion: what the word under the cursor of a shell's line may become. Pure but for the names
// of files, which are asked of whoever knows them.

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar.h"

namespace starling::cli {

struct Completion {
  std::size_t begin = 0;  // where in the line the word begins that a candidate replaces
  // As they would be typed, in order. One that ends with a blank is a whole word.
  std::vector<std::string> candidates;
};

// What can be known beside the grammar.
struct CompletionSources {
  const std::set<std::string>& buckets;      // that were named before
  const std::vector<std::string>& settings;  // of the shell itself
  // The paths that begin so, folders with a slash behind them.
  std::function<std::vector<std::string>(const std::string& beginning)> files;
};

// `line`: up to the cursor.
[[nodiscard]] Completion complete(std::string_view line, const Grammar& grammar,
                                  const CompletionSources& sources);

// What all candidates begin with; in it a character of several bytes is never cut.
[[nodiscard]] std::string shared_beginning(const std::vector<std::string>& candidates);

}  // namespace starling::cli
