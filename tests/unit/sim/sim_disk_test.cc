#include "sim/sim_disk.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"
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

TEST_CASE(
    "SimDisk: as a ledger it calls durable what was synced itself, and nothing because of it") {
  SimDisk ledger;
  ledger.write({{"a", "1"}});
  ledger.write({{"b", "1"}});
  ledger.write_synced({{{"b", "2"}}, {{"c", "2"}}});
  CHECK_FALSE(ledger.durable("a").has_value());
  CHECK(ledger.durable("b") == "2");
  CHECK(ledger.durable("c") == "2");
  CHECK(ledger.unsynced_batches() == 1);
}

TEST_CASE("SimDisk: a store that was opened again contradicts its ledger when something is gone") {
  SimDisk ledger;
  ledger.write_synced({{{"a", "1"}}});
  ledger.write({{"a", "2"}});
  ledger.write({{"a", "3"}, {"b", "3"}});
  ledger.lose_power_unseen();
  CHECK(ledger.visible() == SimDisk::Image{{"a", "1"}});
  CHECK_FALSE(ledger.contradiction({{"a", "1"}}).has_value());
  CHECK_FALSE(ledger.contradiction({{"a", "2"}}).has_value());
  CHECK_FALSE(ledger.contradiction({{"a", "3"}, {"b", "3"}}).has_value());
  CHECK(ledger.contradiction({}).has_value());
  CHECK(ledger.contradiction({{"a", "0"}}).has_value());
  CHECK(ledger.contradiction({{"a", "1"}, {"x", "1"}}).has_value());
}

TEST_CASE("SimDisk: what is in doubt may be there or not") {
  SimDisk ledger;
  ledger.write_synced({{{"a", "1"}}});
  ledger.doubt({{"a", std::nullopt}});
  CHECK(ledger.visible().at("a") == "1");
  CHECK_FALSE(ledger.contradiction({{"a", "1"}}).has_value());
  CHECK_FALSE(ledger.contradiction({}).has_value());
  ledger.restore({{"a", "1"}});
  CHECK(ledger.contradiction({}).has_value());
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

TEST_CASE("SimDisk: what rotted is not healed, only written over") {
  SimDisk disk;
  disk.write({{"a", "sound"}});
  disk.sync();
  Random random(1);
  disk.rot("a", random);
  disk.heal_damage();
  CHECK(disk.visible().at("a") != "sound");
  CHECK(disk.durable("a") != "sound");
  disk.write({{"a", "anew"}});
  CHECK(disk.visible().at("a") == "anew");
}

}  // namespace
}  // namespace starling::sim
