#pragma once

// Hint: a write that its home could not take, kept by another node until it can (Dynamo, section
// 4.6). A hint store is a list of messages and never a merged record: a merge would claim for the
// holder what it only passes on. The one exception is what a fallback minted itself, which is its
// own record and continues its own lineage.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/ids.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {

// Where a hint lies: table 4 of the store, so that the hints of one slot are one range, in the
// order in which they came. Sequence numbers are the node's, ascending; after a restart they go on
// behind the greatest that is still there.
struct HintKey {
  PartitionId partition;
  std::uint8_t slot = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const HintKey&, const HintKey&) = default;
};

// The numbers are on disk.
enum class HintKind : std::uint8_t {
  Message = 0,    // the versions as they were sent, under the stamp that they were sent with
  OwnRecord = 1,  // what this node minted as a fallback
  Note = 2,       // no versions: this node is a home too, and reads its own record when it delivers
};

struct Hint {
  HintKind kind = HintKind::Message;
  HintStanding standing = HintStanding::BestEffort;
  FenceStamp fence;  // of a message: its stamp; of an own record: this node's when it was minted
  KeyAddress address;
  std::optional<Dot> mine;  // of an own record: the last dot minted
  SiblingSet versions;      // of a note: empty
  friend bool operator==(const Hint&, const Hint&) = default;
};

[[nodiscard]] std::string hint_store_key(const HintKey& key);
// Corruption: not a key that the function above can have made.
[[nodiscard]] Result<HintKey> parse_hint_store_key(std::string_view store_key);
// REQUIRES: a note has no versions, and only an own record has `mine`.
[[nodiscard]] std::string encode_hint(std::string_view store_key, const Hint& hint);
// Corruption: not exactly what encode_hint writes under this key. A hint that can not be read is
// never "no hint": it still speaks against reaping.
[[nodiscard]] Result<Hint> decode_hint(std::string_view store_key, std::string_view bytes);

}  // namespace starling
