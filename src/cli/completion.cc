#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grammar.h"
#include "cli/shell_words.h"

namespace starling::cli {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"all", "one", "quorum", "three", "two"};
constexpr std::array<std::string_view, 3> kForms{"json", "raw", "table"};

class Completer {
 public:
  Completer(std::string_view line, const Grammar& grammar, const CompletionSources& sources)
      : grammar_(grammar), sources_(sources), line_(scan_line(line)) {
    completion_.begin = line.size();
    if (!line_.ends_in_word) return;
    typed_ = line_.words.back().text;
    completion_.begin = line_.words.back().begin;
    line_.words.pop_back();
  }

  Completion run() {
    if (line_.ends_in_comment) return completion_;
    std::vector<std::string> words;
    words.reserve(line_.words.size());
    for (const ShellWord& word : line_.words) words.push_back(word.text);
    const Grammar::Place place = grammar_.place_behind(words);
    if (!place.unknown) offer(place, words);
    return {.begin = completion_.begin, .candidates = {found_.begin(), found_.end()}};
  }

 private:
  void offer(const Grammar::Place& place, const std::vector<std::string>& words) {
    if (place.option != nullptr) return offer_values(place.option->name);
    if (!place.options_ended && typed_.starts_with('-')) return offer_options(place);
    if (place.command == nullptr) return offer_commands(place.group);
    if (place.arguments >= place.command->arguments.size()) return;
    offer_argument(place.command->arguments[place.arguments], words);
  }

  void offer_word(std::string_view word) {
    if (word.starts_with(typed_)) found_.insert(shell_quoted(word) + " ");
  }

  template <typename Words>
  void offer_words(const Words& words) {
    for (const auto& word : words) offer_word(word);
  }

  // A name of two words is offered word by word.
  void offer_commands(const std::string& group) {
    const std::string beginning = group.empty() ? "" : group + " ";
    for (const CommandShape& each : grammar_.commands()) {
      if (!each.name.starts_with(beginning)) continue;
      const std::string rest = each.name.substr(beginning.size());
      offer_word(rest.substr(0, rest.find(' ')));
    }
  }

  void offer_options(const Grammar::Place& place) {
    for (const CommandShape& each : grammar_.commands()) {
      if (place.command != nullptr && place.command != &each) continue;
      for (const OptionShape& option : each.options) offer_word(option.name);
    }
  }

  void offer_values(std::string_view option) {
    constexpr std::array<std::string_view, 5> kOfLevels{"--r", "--w", "--pr", "--pw", "--dw"};
    if (std::ranges::find(kOfLevels, option) != kOfLevels.end()) return offer_words(kLevels);
    if (option == "-o" || option == "--output") return offer_words(kForms);
    if (option == "--key") return offer_buckets("/");
    if (option == "--bucket") return offer_buckets(" ");
  }

  void offer_argument(const std::string& argument, const std::vector<std::string>& words) {
    if (argument == "BUCKET") return offer_buckets(" ");
    if (argument == "FILE") return offer_files("");
    if (argument == "VALUE" && typed_.starts_with('@')) return offer_files("@");
    if (argument == "COMMAND") return offer_commands(words.back() == "help" ? "" : words.back());
    if (argument == "SETTING") return offer_words(sources_.settings);
    if (argument == "TO") return offer_setting(words.back());
  }

  void offer_setting(const std::string& setting) {
    if (setting == "bucket") return offer_buckets(" ");
    offer_values(setting == "output" ? "--output" : "--" + setting);
  }

  void offer_buckets(std::string_view behind) {
    for (const std::string& bucket : sources_.buckets) {
      if (bucket.starts_with(typed_)) found_.insert(shell_quoted(bucket) + std::string(behind));
    }
  }

  void offer_files(const std::string& before) {
    if (sources_.files == nullptr) return;
    for (const std::string& path : sources_.files(typed_.substr(before.size()))) {
      // A folder goes on.
      found_.insert(shell_quoted(before + path) + (path.ends_with('/') ? "" : " "));
    }
  }

  const Grammar& grammar_;
  const CompletionSources& sources_;
  ShellLine line_;
  std::string typed_;
  Completion completion_;
  std::set<std::string> found_;
};

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

Completion complete(std::string_view line, const Grammar& grammar,
                    const CompletionSources& sources) {
  return Completer(line, grammar, sources).run();
}

std::string shared_beginning(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return {};
  const std::string& first = candidates.front();
  std::size_t shared = first.size();
  for (const std::string& each : candidates) {
    const auto differ = std::ranges::mismatch(first, each);
    shared = std::min(shared, static_cast<std::size_t>(differ.in1 - first.begin()));
  }
  while (shared > 0 && shared < first.size() && continues_character(first[shared])) --shared;
  return first.substr(0, shared);
}

}  // namespace starling::cli
