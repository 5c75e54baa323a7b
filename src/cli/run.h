#pragma once

// Runs one command line from its words to its exit code. main.cc only supplies the streams.

#include <string>
#include <vector>

#include "starling/client.h"

#include "cli/command.h"
#include "cli/console.h"

namespace starling::cli {

[[nodiscard]] int run(const std::vector<std::string>& words, Console& console);

// What follows when the words are understood. `client` is of the invocation's endpoints.
[[nodiscard]] int run_invocation(const Invocation& invocation, Client& client, Console& console);
// How the tool asks: the nodes that were named, each once.
[[nodiscard]] ClientOptions options_of_tool(std::vector<std::string> endpoints);

}  // namespace starling::cli
