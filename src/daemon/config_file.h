#pragma once

// Settings from a TOML file, read with toml++: one table whose keys are the names of the flags.

#include <string>
#include <string_view>

#include "starling/result.h"

#include "daemon/flag.h"

namespace starling {

// Usage errors name the file and the line: broken TOML, an unknown key, a value of a wrong kind.
[[nodiscard]] Result<GivenValues> parse_config_text(std::string_view text,
                                                    const std::string& file_name);
[[nodiscard]] Result<GivenValues> read_config_file(const std::string& file_name);

}  // namespace starling
