// starling: the command-line tool.

#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

#include "cli/console.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  starling::cli::Console console{.in = std::cin,
                                 .out = std::cout,
                                 .err = std::cerr,
                                 .in_is_terminal = isatty(STDIN_FILENO) == 1,
                                 .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                                 .err_is_terminal = isatty(STDERR_FILENO) == 1};
  return starling::cli::run(std::vector<std::string>(argv + 1, argv + argc), console);
}
