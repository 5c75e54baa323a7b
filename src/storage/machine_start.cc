#include "storage/machine_start.h"

#include <fstream>
#include <string>

namespace starling {

std::string machine_start() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace starling
