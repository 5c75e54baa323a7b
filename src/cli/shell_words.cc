#include "cli/shell_words.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

namespace starling::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
// What a backslash takes its meaning from between double quotes; before all else it is itself.
constexpr std::string_view kEscapedInDoubleQuotes = "\"\\$`";
// Characters that never need a quote; everything beyond ASCII needs none either.
constexpr std::string_view kPlain = "._-/:@,=+%^";

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view line) : line_(line) {}

  ShellLine run() {
    while (at_ < line_.size() && !result_.ends_in_comment) {
      if (is_blank(line_[at_])) {
        ++at_;
      } else if (line_[at_] == '#') {
        result_.ends_in_comment = true;
      } else {
        word();
      }
    }
    return std::move(result_);
  }

 private:
  void word() {
    word_ = {.text = {}, .begin = at_};
    while (at_ < line_.size() && !is_blank(line_[at_]) && result_.open == 0) part();
    result_.ends_in_word = at_ >= line_.size();
    result_.words.push_back(std::move(word_));
  }

  void part() {
    const char c = line_[at_++];
    if (c == '\'' || c == '"') return between_quotes(c);
    if (c != '\\') {
      word_.text += c;
    } else if (at_ < line_.size()) {
      word_.text += line_[at_++];
    } else {
      result_.open = '\\';
    }
  }

  void between_quotes(char quote) {
    while (at_ < line_.size()) {
      char c = line_[at_++];
      if (c == quote) return;
      const bool escapes = quote == '"' && c == '\\' && at_ < line_.size() &&
                           kEscapedInDoubleQuotes.find(line_[at_]) != std::string_view::npos;
      if (escapes) c = line_[at_++];
      word_.text += c;
    }
    result_.open = quote;
  }

  const std::string_view line_;
  std::size_t at_ = 0;
  ShellWord word_;
  ShellLine result_;
};

bool is_plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
  return letter || beyond_ascii || (c >= '0' && c <= '9') ||
         kPlain.find(c) != std::string_view::npos;
}

}  // namespace

ShellLine scan_line(std::string_view line) {
  return Scanner(line).run();
}

Result<std::vector<std::string>> split_words(std::string_view line) {
  ShellLine scanned = scan_line(line);
  if (scanned.open == '\\') {
    return Status(StatusCode::Usage, "the line ends with a backslash that has nothing to quote");
  }
  if (scanned.open != 0) {
    return Status(StatusCode::Usage, std::string("the quote ") + scanned.open + " is not closed");
  }
  std::vector<std::string> words;
  words.reserve(scanned.words.size());
  for (ShellWord& word : scanned.words) words.push_back(std::move(word.text));
  return words;
}

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  std::string result = "'";
  for (const char c : word) {
    // A single quote ends the quotes, stands behind a backslash, and opens them again.
    if (c == '\'') result += "'\\'";
    result += c;
  }
  return result + "'";
}

}  // namespace starling::cli
