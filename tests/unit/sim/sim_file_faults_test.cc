#include "sim/sim_file_faults.h"

#include <cstddef>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("SimFileFaults: a read that meets a damaged byte fails or lies, others do not") {
  SimFileFaults faults;
  const FileId file{1};
  faults.damage(file, 10, Damage::FlippedByte);
  faults.damage(file, 20, Damage::Unreadable);
  CHECK(faults.read(file, 0, "aaaaaaaaaa") == "aaaaaaaaaa");
  CHECK(faults.read(file, 10, "aa") == "Aa");
  CHECK_FALSE(faults.read(file, 15, "aaaaaa").has_value());
  CHECK(faults.read(FileId{2}, 20, "a") == "a");
  faults.heal_damage();
  CHECK(faults.read(file, 20, "a") == "a");
}

TEST_CASE("SimFileFaults: a misdirected block is read in the place of what belongs there") {
  constexpr std::size_t kBlock = SimFileFaults::kBlockBytes;
  SimFileFaults faults;
  const FileId file{1};
  faults.misdirect(file, 1, std::string(kBlock, 'x'));
  CHECK(faults.read(file, 0, std::string(kBlock, 'a')) == std::string(kBlock, 'a'));
  CHECK(faults.read(file, kBlock - 1, "aaa") == "axx");
  CHECK(faults.read(file, kBlock + 7, "aa") == "xx");
  CHECK(faults.read(file, 2 * kBlock - 1, "aa") == "xa");
  CHECK(faults.read(FileId{2}, kBlock, "a") == "a");
  faults.heal_damage();
  CHECK(faults.read(file, kBlock, "a") == "a");
}

TEST_CASE("SimFileFaults: who looks from outside sees no damage, and leaves it there") {
  SimFileFaults faults;
  faults.damage(FileId{1}, 0, Damage::Unreadable);
  {
    const SimFileFaults::Spectacles spectacles(faults);
    CHECK(faults.read(FileId{1}, 0, "a") == "a");
  }
  CHECK_FALSE(faults.read(FileId{1}, 0, "a").has_value());
}

TEST_CASE("SimFileFaults: the power goes inside the call that was told, and stays away") {
  SimFileFaults faults;
  CHECK(faults.pass());
  faults.strike_after(1);
  CHECK(faults.pass());
  CHECK_FALSE(faults.is_struck());
  CHECK_FALSE(faults.pass());
  CHECK(faults.strikes_now());
  CHECK_FALSE(faults.pass());
  CHECK(faults.is_struck());
  CHECK_FALSE(faults.strikes_now());
  faults.call_off_strike();
  CHECK(faults.pass());
}

}  // namespace
}  // namespace starling::sim
