#pragma once

// Which start of the machine this is, as the operating system tells it.

#include <string>

namespace starling {

// Differs after each start of the machine (not of the process). Empty: the system does not tell.
[[nodiscard]] std::string machine_start();

}  // namespace starling
