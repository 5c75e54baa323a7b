#pragma once

// What the sink and the source of a filling say to each other: the sink asks for the records of a
// partition page by page, the source answers with all that it holds, tombstones included. As in
// peer_messages.h, nothing in here may be trusted.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "message/envelope.h"
#include "message/repair_messages.h"
#include "ring/token.h"

namespace starling {

enum class FillOutcome : std::uint8_t {
  Page = 0,
  StaleRow = 1,     // the source has not adopted the row version of the question, or a later one
  NotReader = 2,    // it is not read for any slot of the row, or has another disk than was asked
  NotCounting = 3,  // its store is not confirmed: what it holds is no answer
  Busy = 4,         // not now; `again_ms` says when
  Damaged = 5,      // a record that belongs into the page can not be read, or fits no message
};

// The records behind `after`, from the partition's first one on where there is none.
struct FillRead {
  Envelope envelope;
  StoreId source_store;  // the disk whose content is wanted
  std::optional<Token> after;
  std::uint32_t tokens_max = 0;  // > 0; the source may answer with fewer
  friend bool operator==(const FillRead&, const FillRead&) = default;
};

struct FillPage {
  OperationId operation;
  Epoch epoch;  // that the source had adopted durably before it read any of the records
  FillOutcome outcome = FillOutcome::Busy;
  std::uint32_t again_ms = 0;
  std::vector<KeyedRecord> records;  // ascending by token
  // All records up to this token are in here, or were in earlier pages; nothing: all of the
  // partition is.
  std::optional<Token> through;
  friend bool operator==(const FillPage&, const FillPage&) = default;
};

}  // namespace starling
