#pragma once

// From flags, environment and file to settings. Precedence: flag, environment, file, default; each
// value on its own. Every error names the place of the value and the remedy.

#include <string>
#include <vector>

#include "starling/result.h"

#include "daemon/flag.h"
#include "daemon/settings.h"

namespace starling {

struct LoadedSettings {
  DaemonSettings settings;
  std::vector<std::string> warnings;
  // --help or --version: print this and do nothing else. `settings` says nothing then.
  std::string print;
};

// Reads the configuration file and the secret file, where they are named.
[[nodiscard]] Result<LoadedSettings> load_configuration(
    const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

// The checks alone. Reads the secret file.
[[nodiscard]] Result<DaemonSettings> check_settings(const GivenValues& given);

}  // namespace starling
