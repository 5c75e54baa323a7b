#pragma once

// Grammar: which commands there are, what stands behind each, and how far in that a line of words
// has come. It is taken from what parses the commands, so that nothing is offered that would be
// refused.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace starling::cli {

enum class OptionKind : std::uint8_t { Flag, WithValue };

struct OptionShape {
  std::string name;  // with its dashes
  OptionKind kind = OptionKind::Flag;
  friend bool operator==(const OptionShape&, const OptionShape&) = default;
};

struct CommandShape {
  std::string name;  // as it is typed: "put", "cluster ring"
  std::string summary;
  std::vector<std::string> arguments;  // as help names them: "BUCKET", "KEY"
  std::vector<OptionShape> options;
};

class Grammar {
 public:
  explicit Grammar(std::vector<CommandShape> commands) : commands_(std::move(commands)) {}

  [[nodiscard]] const std::vector<CommandShape>& commands() const { return commands_; }
  // Nothing when there is none of that name.
  [[nodiscard]] const CommandShape* find(std::string_view name) const;
  // Whether commands of two words begin with this one.
  [[nodiscard]] bool is_group(std::string_view word) const;

  // Where the word behind these would stand.
  struct Place {
    const CommandShape* command = nullptr;  // nothing: its name is still to come
    std::string group;                      // its first word, where the second is to come
    std::size_t command_end = 0;            // how many words end with its name
    std::size_t arguments = 0;              // of the command, so far
    const OptionShape* option = nullptr;    // whose value comes next
    bool options_ended = false;             // by "--"
    bool unknown = false;                   // there is no such command
  };
  [[nodiscard]] Place place_behind(const std::vector<std::string>& words) const;

  // The words with `bucket` in the place of a BUCKET that was left out: where a command has just
  // one argument less than it needs. Otherwise as they are.
  [[nodiscard]] std::vector<std::string> with_bucket(std::vector<std::string> words,
                                                     const std::string& bucket) const;

 private:
  void step(Place& place, const std::string& word, std::size_t index) const;
  [[nodiscard]] const OptionShape* option_of(const Place& place, std::string_view name) const;

  std::vector<CommandShape> commands_;
};

}  // namespace starling::cli
