#include "cli/console.h"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <ios>
#include <istream>
#include <ostream>
#include <string>
#include <system_error>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/output.h"

namespace starling::cli {

Form form_of(const Invocation& invocation, const Console& console) {
  return invocation.form.value_or(console.out_is_terminal ? Form::Table : Form::Raw);
}

Status interrupted() {
  return {StatusCode::Failure, "interrupted"};
}

int print(Console& console, const Output& output) {
  if (!output.out.empty()) console.out_at_line_start = output.out.ends_with('\n');
  console.out << output.out << std::flush;
  console.err << output.err << std::flush;
  if (console.out.good()) return output.exit_code;
  console.err << "starling: standard output can not be written\n";
  return output.exit_code != 0 ? output.exit_code : exit_code_of(StatusCode::Failure);
}

std::string read_value(std::istream& in) {
  constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;
  std::string value;
  while (in.good() && value.size() <= kValueBytesMax) {
    const std::size_t before = value.size();
    value.resize(before + kPieceBytes);
    in.read(value.data() + before, static_cast<std::streamsize>(kPieceBytes));
    value.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  return value;
}

Result<std::string> value_of(Console& console, const std::string& argument) {
  if (argument == "-") return read_value(console.in);
  if (argument.empty() || argument.front() != '@') return argument;
  const std::string path = argument.substr(1);
  std::ifstream file(path, std::ios::binary);
  std::string value = read_value(file);
  if (!file.bad() && file.eof()) return value;
  if (file.is_open() && value.size() > kValueBytesMax) return value;
  return Status(StatusCode::Usage,
                "cannot read '" + path + "': " + std::generic_category().message(errno));
}

}  // namespace starling::cli
