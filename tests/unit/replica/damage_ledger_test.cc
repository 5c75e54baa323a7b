#include "replica/damage_ledger.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("DamageLedger: a place is news once, and handed out once") {
  DamageLedger ledger;
  CHECK(ledger.note_record("a"));
  CHECK_FALSE(ledger.note_record("a"));
  CHECK(ledger.note_record("b"));
  CHECK(ledger.note_gap("a"));
  CHECK_FALSE(ledger.note_gap("a"));
  CHECK(ledger.take_new_records() == std::vector<std::string>{"a", "b"});
  CHECK(ledger.take_new_records().empty());
  CHECK(ledger.met() == 3);
  CHECK(ledger.places() == 3);
}

TEST_CASE("DamageLedger: what is sound again may become news again") {
  DamageLedger ledger;
  ledger.note_record("a");
  ledger.note_gap("a");
  ledger.forget_record("a");
  ledger.forget_record("never noted");
  ledger.forget_gaps("b", "c");
  CHECK(ledger.mended() == 1);
  ledger.forget_gaps("a", "b");
  CHECK(ledger.mended() == 2);
  CHECK(ledger.places() == 0);
  CHECK(ledger.note_record("a"));
  CHECK(ledger.met() == 3);
}

TEST_CASE("DamageLedger: beyond its bound everything is news, and nothing more is kept") {
  DamageLedger ledger;
  for (std::size_t i = 0; i < DamageLedger::kPlacesMax; ++i) ledger.note_record(std::to_string(i));
  CHECK_FALSE(ledger.is_full());
  CHECK(ledger.note_record("one more"));
  CHECK(ledger.is_full());
  CHECK(ledger.note_record("one more"));
  CHECK(ledger.note_gap("a"));
  CHECK(ledger.places() == DamageLedger::kPlacesMax);
  CHECK(ledger.take_new_records().size() == DamageLedger::kPlacesMax);
}

}  // namespace
}  // namespace starling
