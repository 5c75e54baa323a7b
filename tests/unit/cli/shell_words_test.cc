#include "cli/shell_words.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

using Strings = std::vector<std::string>;

Strings words_of(std::string_view line) {
  const auto words = split_words(line);
  CAPTURE(words.status().message());
  REQUIRE(words.ok());
  return *words;
}

TEST_CASE("shell words: blanks part them, and an empty line has none") {
  CHECK(words_of("  put \tb k  v ") == Strings{"put", "b", "k", "v"});
  CHECK(words_of(" \t ").empty());
}

TEST_CASE("shell words: single quotes keep everything, double quotes all but escapes") {
  CHECK(words_of(R"('a "b" \n' "c \"d\" \n $")") == Strings{R"(a "b" \n)", R"(c "d" \n $)"});
  CHECK(words_of(R"("\\ \$ \`")") == Strings{R"(\ $ `)"});
  CHECK(words_of("'' \"\"") == Strings{"", ""});
}

TEST_CASE("shell words: a backslash outside quotes takes the next character as it is") {
  CHECK(words_of(R"(a\ b \# \')") == Strings{"a b", "#", "'"});
}

TEST_CASE("shell words: parts that touch are one word") {
  CHECK(words_of(R"(a'b c'"d e"f)") == Strings{"ab cd ef"});
}

TEST_CASE("shell words: a comment begins with a word, not within one") {
  CHECK(words_of("get b k # the cart") == Strings{"get", "b", "k"});
  CHECK(words_of("get b k#1") == Strings{"get", "b", "k#1"});
  CHECK(scan_line("# x").ends_in_comment);
}

TEST_CASE("shell words: what is not closed is refused") {
  CHECK(split_words("put b 'k").status() == Status(StatusCode::Usage, "the quote ' is not closed"));
  CHECK(split_words("put b \"k").status().message() == "the quote \" is not closed");
  CHECK(split_words("put b k\\").status().code() == StatusCode::Usage);
}

TEST_CASE("shell words: a word knows where it begins and whether it can go on") {
  const ShellLine line = scan_line("get 'ca");
  CHECK(line.words ==
        std::vector<ShellWord>{{.text = "get", .begin = 0}, {.text = "ca", .begin = 4}});
  CHECK(line.open == '\'');
  CHECK(line.ends_in_word);
  CHECK_FALSE(scan_line("get ").ends_in_word);
}

TEST_CASE("shell words: what is quoted is read as one word again") {
  for (const std::string word : {"plain", "", "two words", "it's", "\"", "\\", "#", "a\xc3\xa4",
                                 "127.0.0.1:7400", "--w=2", "$x", "\t"}) {
    CAPTURE(word);
    CHECK(words_of(cli::shell_quoted(word)) == Strings{word});
  }
  CHECK(cli::shell_quoted("carts/alice") == "carts/alice");
  CHECK(cli::shell_quoted("it's") == R"('it'\''s')");
}

}  // namespace
}  // namespace starling::cli
