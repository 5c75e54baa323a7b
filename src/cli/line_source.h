#pragma once

// LineSource: where the lines of a shell come from: a person at a terminal (line_editor.h), or a
// script.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

#include "starling/options.h"

namespace starling::cli {

class LineSource {
 public:
  enum class Event : std::uint8_t {
    Line,
    Abandoned,  // ctrl-c: whatever was typed is not meant
    TooLong,    // and is gone
    End,
  };
  struct Read {
    Event event = Event::End;
    std::string text;  // of a Line, without its newline
  };

  LineSource() = default;
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;
  LineSource(LineSource&&) = delete;
  LineSource& operator=(LineSource&&) = delete;
  virtual ~LineSource() = default;

  [[nodiscard]] virtual Read next(const std::string& prompt) = 0;
};

class ScriptLines final : public LineSource {
 public:
  // Twice the largest value, for its quotes.
  static constexpr std::size_t kLineBytesMax = 2 * kValueBytesMax;

  explicit ScriptLines(std::istream& in) : in_(in) {}
  [[nodiscard]] Read next(const std::string& prompt) override;

 private:
  std::istream& in_;
};

}  // namespace starling::cli
