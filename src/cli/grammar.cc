#include "cli/grammar.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace starling::cli {

const CommandShape* Grammar::find(std::string_view name) const {
  const auto found = std::ranges::find(commands_, name, &CommandShape::name);
  return found == commands_.end() ? nullptr : &*found;
}

bool Grammar::is_group(std::string_view word) const {
  const std::string beginning = std::string(word) + " ";
  return std::ranges::any_of(
      commands_, [&](const CommandShape& each) { return each.name.starts_with(beginning); });
}

Grammar::Place Grammar::place_behind(const std::vector<std::string>& words) const {
  Place place;
  for (std::size_t index = 0; index < words.size() && !place.unknown; ++index) {
    step(place, words[index], index);
  }
  return place;
}

void Grammar::step(Place& place, const std::string& word, std::size_t index) const {
  if (std::exchange(place.option, nullptr) != nullptr) return;
  if (!place.options_ended && word == "--") {
    place.options_ended = true;
    return;
  }
  // A dash alone is a value: standard input.
  if (!place.options_ended && word.size() > 1 && word.front() == '-') {
    const OptionShape* const option = option_of(place, word);
    if (option != nullptr && option->kind == OptionKind::WithValue) place.option = option;
    return;
  }
  if (place.command != nullptr) {
    ++place.arguments;
    return;
  }
  const std::string name = place.group.empty() ? word : place.group + " " + word;
  place.command = find(name);
  place.command_end = index + 1;
  if (place.command != nullptr) return;
  place.unknown = !place.group.empty() || !is_group(word);
  place.group = word;
}

// Those that every command has may stand before its name.
const OptionShape* Grammar::option_of(const Place& place, std::string_view name) const {
  for (const CommandShape& command : commands_) {
    if (place.command != nullptr && place.command != &command) continue;
    const auto found = std::ranges::find(command.options, name, &OptionShape::name);
    if (found != command.options.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string> Grammar::with_bucket(std::vector<std::string> words,
                                              const std::string& bucket) const {
  const Place place = place_behind(words);
  const bool lacks_one = place.command != nullptr && !place.command->arguments.empty() &&
                         place.command->arguments.front() == "BUCKET" &&
                         place.arguments + 1 == place.command->arguments.size();
  if (lacks_one) {
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(place.command_end), bucket);
  }
  return words;
}

}  // namespace starling::cli
