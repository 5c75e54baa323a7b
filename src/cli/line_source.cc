#include "cli/line_source.h"

#include <istream>
#include <streambuf>
#include <string>
#include <utility>

namespace starling::cli {

LineSource::Read ScriptLines::next(const std::string& /*prompt*/) {
  using Traits = std::streambuf::traits_type;
  std::string text;
  std::streambuf& bytes = *in_.rdbuf();
  auto byte = bytes.sbumpc();
  if (Traits::eq_int_type(byte, Traits::eof())) return {.event = Event::End, .text = {}};
  while (!Traits::eq_int_type(byte, Traits::eof()) && Traits::to_char_type(byte) != '\n') {
    if (text.size() >= kLineBytesMax) return {.event = Event::TooLong, .text = {}};
    text += Traits::to_char_type(byte);
    byte = bytes.sbumpc();
  }
  return {.event = Event::Line, .text = std::move(text)};
}

}  // namespace starling::cli
