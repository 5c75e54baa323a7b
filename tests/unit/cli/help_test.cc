#include "cli/help.h"

#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

TEST_CASE("help: every command has a summary and an example of itself") {
  for (const std::string command : {"put",
                                    "get",
                                    "delete",
                                    "keys",
                                    "import",
                                    "export",
                                    "cluster status",
                                    "cluster ring",
                                    "cluster digest",
                                    "cluster tasks",
                                    "cluster repair",
                                    "cluster join",
                                    "cluster replace",
                                    "cluster leave",
                                    "cluster remove",
                                    "cluster plan",
                                    "cluster commit",
                                    "cluster abort",
                                    "node info",
                                    "shell"}) {
    CAPTURE(command);
    CHECK_FALSE(help_of(command).summary.empty());
    CHECK(help_of(command).examples.find("starling " + command) != std::string_view::npos);
  }
}

TEST_CASE("help: listing says that it is a full scan, and the program explains its exit codes") {
  CHECK(help_of("keys").summary.find("full scan") != std::string_view::npos);
  CHECK(help_of("").examples.find("Exit codes") != std::string_view::npos);
  CHECK(help_of("nonsense").summary.empty());
}

}  // namespace
}  // namespace starling::cli
