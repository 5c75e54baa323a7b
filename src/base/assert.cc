#include "base/assert.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace starling {

void check_failed(std::string_view condition, std::string_view file, int line) {
  static_cast<void>(std::fprintf(stderr, "starling: check failed: %.*s (%.*s:%d)\n",
                                 static_cast<int>(condition.size()), condition.data(),
                                 static_cast<int>(file.size()), file.data(), line));
  std::abort();
}

}  // namespace starling
