#include "daemon/environment.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/flag.h"

namespace starling {
namespace {

constexpr std::string_view kPrefix = "STARLING_";
// Read by the command-line tool and by the tests.
constexpr std::array<std::string_view, 2> kReadElsewhere{"STARLING_ENDPOINTS", "STARLING_SEED"};

std::string flag_name_of(std::string_view variable) {
  std::string name(variable.substr(kPrefix.size()));
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return name;
}

}  // namespace

Environment read_environment(const std::vector<std::string>& variables) {
  Environment result;
  for (const std::string& entry : variables) {
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string::npos) continue;
    const std::string variable = entry.substr(0, equals);
    const std::string name = flag_name_of(variable);
    if (is_flag(name)) {
      result.values[name] = {.text = entry.substr(equals + 1), .origin = variable};
    } else if (std::ranges::find(kReadElsewhere, variable) == kReadElsewhere.end()) {
      result.warnings.push_back("the environment variable " + variable +
                                " means nothing to starlingd: is it misspelt?");
    }
  }
  return result;
}

}  // namespace starling
