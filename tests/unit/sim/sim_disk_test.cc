#include "sim/sim_disk.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("SimDisk: a power loss keeps what was synced and undoes the rest") {
  SimDisk disk;
  disk.write({{"a", "1"}, {"b", "1"}});
  disk.sync();
  disk.write({{"a", "2"}});
  disk.write({{"b", std::nullopt}, {"c", "3"}});
  CHECK(disk.durable("a") == "1");
  disk.lose_power(0);
  CHECK(disk.visible() == SimDisk::Image{{"a", "1"}, {"b", "1"}});
}

TEST_CASE("SimDisk: a power loss may keep more than was promised, but only a prefix") {
  SimDisk disk;
  disk.write({{"a", "1"}});
  disk.write({{"a", "2"}});
  disk.write({{"a", "3"}});
  disk.lose_power(2);
  CHECK(disk.visible().at("a") == "2");
  CHECK(disk.unsynced_batches() == 0);
}

TEST_CASE("SimDisk: the durable image is what the worst power loss would leave") {
  SimDisk disk;
  disk.write({{"a", "1"}});
  disk.sync();
  disk.write({{"a", "2"}});
  CHECK(disk.durable_image() == SimDisk::Image{{"a", "1"}});
  CHECK(disk.visible().at("a") == "2");
}

TEST_CASE("SimDisk: an emptied disk holds nothing, a restored one what it held then") {
  SimDisk disk;
  disk.write({{"a", "1"}});
  const SimDisk::Image image = disk.visible();
  disk.erase_everything();
  CHECK(disk.visible().empty());
  disk.restore(image);
  CHECK(disk.durable("a") == "1");
}

TEST_CASE("SimDisk: damage stays until it is healed or written over") {
  SimDisk disk;
  disk.write({{"a", "1"}, {"b", "1"}});
  disk.damage("a", Damage::Unreadable);
  disk.damage("b", Damage::FlippedByte);
  CHECK(disk.damage_of("a") == Damage::Unreadable);
  CHECK(disk.has_damage_within("a", "b"));
  disk.write({{"a", "2"}});
  CHECK_FALSE(disk.damage_of("a").has_value());
  CHECK_FALSE(disk.has_damage_within("a", "b"));
  disk.heal_damage();
  CHECK_FALSE(disk.damage_of("b").has_value());
}

}  // namespace
}  // namespace starling::sim
