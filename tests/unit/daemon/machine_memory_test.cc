#include "daemon/machine_memory.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "temporary_directory.h"

namespace starling {
namespace {

BootAnnouncement start(std::uint64_t sequence) {
  return {.store = StoreId{Hash128{.high = ~0ULL, .low = 2}},
          .boot_sequence = sequence,
          .incarnation = Incarnation{0xabcdef0123456789ULL}};
}

// A memory in a folder of its own, and two data directories.
struct Ground {
  TemporaryDirectory temporary{"memory"};
  std::string folder = temporary.path() + "/memory";
  MachineMemory memory{folder};
  std::string first = temporary.path() + "/first";
  std::string second = temporary.path() + "/second";

  Ground() {
    std::filesystem::create_directory(first);
    std::filesystem::create_directory(second);
  }
};

TEST_CASE("MachineMemory: the last start of each data directory is recalled, and no other's") {
  const Ground ground;
  CHECK_FALSE(ground.memory.recall(ground.first).has_value());
  ground.memory.remember(ground.first, start(1));
  ground.memory.remember(ground.first, start(2));
  CHECK(ground.memory.recall(ground.first) == start(2));
  CHECK(ground.memory.recall(ground.temporary.path() + "/second/../first") == start(2));
  CHECK_FALSE(ground.memory.recall(ground.second).has_value());
}

TEST_CASE("MachineMemory: a store that is moved or copied does not bring it along") {
  const Ground ground;
  ground.memory.remember(ground.first, start(1));
  std::filesystem::rename(ground.first, ground.temporary.path() + "/kept");
  CHECK_FALSE(ground.memory.recall(ground.temporary.path() + "/kept").has_value());
}

TEST_CASE("MachineMemory: a copy that ran elsewhere ends what is known of the one left behind") {
  const Ground ground;
  ground.memory.remember(ground.first, start(1));
  ground.memory.remember(ground.second, start(2));
  CHECK_FALSE(ground.memory.recall(ground.first).has_value());
  CHECK(ground.memory.recall(ground.second) == start(2));
}

TEST_CASE("MachineMemory: a start that can not be written down leaves none before it") {
  const Ground ground;
  ground.memory.remember(ground.first, start(1));
  const auto file = std::filesystem::directory_iterator(ground.folder)->path();
  // A directory is in the way of what is written.
  std::filesystem::create_directory(file.string() + "." + std::to_string(::getpid()));
  ground.memory.remember(ground.first, start(2));
  CHECK_FALSE(ground.memory.recall(ground.first).has_value());
}

TEST_CASE("MachineMemory: what is torn, foreign or open to others is not recalled") {
  const Ground ground;
  ground.memory.remember(ground.first, start(1));
  std::filesystem::permissions(ground.folder, std::filesystem::perms::all);
  CHECK_FALSE(ground.memory.recall(ground.first).has_value());
  std::filesystem::permissions(ground.folder, std::filesystem::perms::owner_all);
  CHECK(ground.memory.recall(ground.first).has_value());
  for (const auto& file : std::filesystem::directory_iterator(ground.folder)) {
    std::ofstream(file.path()) << "12 34 zz";
  }
  CHECK_FALSE(ground.memory.recall(ground.first).has_value());
}

TEST_CASE("MachineMemory: directories that are gone are forgotten") {
  const Ground ground;
  ground.memory.remember(ground.first, start(1));
  std::filesystem::remove_all(ground.first);
  ground.memory.remember(ground.second, start(1));
  const std::filesystem::directory_iterator files(ground.folder);
  CHECK(std::distance(begin(files), end(files)) == 1);
  CHECK(ground.memory.recall(ground.second) == start(1));
}

}  // namespace
}  // namespace starling
