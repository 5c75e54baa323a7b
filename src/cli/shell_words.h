#pragma once

// Shell words: a line as the words of a command. Quotes and backslashes mean what they mean to a
// POSIX shell, so that a command can be copied from one to the other; nothing else is special: no
// variables, no patterns, no pipes.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"

namespace starling::cli {

struct ShellWord {
  std::string text;
  std::size_t begin = 0;  // where it stands in the line, its quote included
  friend bool operator==(const ShellWord&, const ShellWord&) = default;
};

struct ShellLine {
  std::vector<ShellWord> words;
  // The quote that is still open where the line ends, or a backslash with nothing behind it; 0: the
  // line is whole.
  char open = 0;
  // Whether the line's end is still the last word's: what is typed next would belong to it.
  bool ends_in_word = false;
  // Whether it ends in a comment, where nothing is a word any more.
  bool ends_in_comment = false;
};

[[nodiscard]] ShellLine scan_line(std::string_view line);

// The words of a whole line; Usage when a quote is not closed.
[[nodiscard]] Result<std::vector<std::string>> split_words(std::string_view line);

// The word as it has to be typed, with quotes only where they are needed.
[[nodiscard]] std::string shell_quoted(std::string_view word);

}  // namespace starling::cli
