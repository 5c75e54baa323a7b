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
  ledger.note_rewrite("a", CommitTicket{1});
  ledger.note_rewrite("never noted", CommitTicket{2});
  ledger.on_committed(CommitTicket{2});
  ledger.forget_gaps("b", "c");
  CHECK(ledger.mended() == 1);
  ledger.forget_gaps("a", "b");
  CHECK(ledger.mended() == 2);
  CHECK(ledger.places() == 0);
  CHECK(ledger.note_record("a"));
  CHECK(ledger.met() == 3);
}

TEST_CASE("DamageLedger: a record counts as mended when what replaced it is durable, not before") {
  DamageLedger ledger;
  ledger.note_record("a");
  ledger.note_record("b");
  CHECK(ledger.take_new_records().size() == 2);
  ledger.note_rewrite("a", CommitTicket{4});
  ledger.note_rewrite("b", CommitTicket{6});
  ledger.on_committed(CommitTicket{5});
  CHECK(ledger.mended() == 1);
  CHECK(ledger.places() == 1);
  CHECK_FALSE(ledger.note_record("b"));
  ledger.forget_uncommitted();
  CHECK(ledger.mended() == 1);
  CHECK(ledger.take_new_records() == std::vector<std::string>{"b"});
  ledger.on_committed(CommitTicket{9});
  CHECK(ledger.mended() == 1);
}

TEST_CASE("DamageLedger: a record that is nobody's business any more is not mended") {
  DamageLedger ledger;
  ledger.note_record("a");
  ledger.drop_record("a");
  ledger.drop_record("never noted");
  CHECK(ledger.places() == 0);
  CHECK(ledger.mended() == 0);
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
