#include "daemon/config_file.h"

#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <toml++/toml.h>

#include "starling/result.h"
#include "starling/status.h"

#include "daemon/flag.h"

namespace starling {
namespace {

std::string place(const std::string& file_name, const toml::source_position& position) {
  return file_name + ", line " + std::to_string(position.line);
}

Status at(const std::string& where, const std::string& problem) {
  return {StatusCode::Usage, where + ": " + problem};
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* const text = node.as_string()) return text->get();
  if (const auto* const number = node.as_integer()) return std::to_string(number->get());
  if (const auto* const truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

Result<GivenValues> values_of(const toml::table& table, const std::string& file_name) {
  GivenValues values;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string where = place(file_name, key.source().begin);
    // A file can not name the file that it is.
    if (!is_flag(name) || name == "config") {
      return at(where,
                "unknown key '" + name +
                    "' (keys are the flags without the dashes; starlingd --help lists them)");
    }
    const std::optional<std::string> text = text_of(node);
    if (!text.has_value()) {
      return at(where, "'" + name + "' must be a string, a whole number, true or false");
    }
    std::string origin = "'" + name;
    origin += "' in " + where;
    values[name] = {.text = *text, .origin = std::move(origin)};
  }
  return values;
}

}  // namespace

Result<GivenValues> parse_config_text(std::string_view text, const std::string& file_name) {
  try {
    return values_of(toml::parse(text, file_name), file_name);
  } catch (const toml::parse_error& error) {
    return Status(StatusCode::Usage,
                  place(file_name, error.source().begin) + ": " + std::string(error.description()));
  }
}

Result<GivenValues> read_config_file(const std::string& file_name) {
  std::ifstream file(file_name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    return Status(StatusCode::Usage,
                  "can not read the configuration file " + file_name + ": is the path right?");
  }
  return parse_config_text(text, file_name);
}

}  // namespace starling
