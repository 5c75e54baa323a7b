#pragma once

// The opaque causal context that clients carry: a VectorClock, bound to one bucket and key, with an
// authentication code. A client that made one up could "supersede" writes that it never saw; a
// context of another key would do so by mistake. Layout in README.md of this folder.

#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/mac.h"
#include "version/vector_clock.h"

namespace starling {

class ContextCodec {
 public:
  // `key`: shared by the cluster (derive_mac_key of the cluster secret).
  explicit ContextCodec(const MacKey& key) : key_(key) {}

  // URL-safe text without padding. An empty clock gives the empty text, which is no context; so
  // does one of more than kContextEntriesMax entries, which decode() would refuse.
  [[nodiscard]] std::string encode(std::string_view bucket, std::string_view key,
                                   const VectorClock& clock) const;
  // BadContext: not made by this cluster, damaged, or of another key (the message says which).
  // TooLarge: more than kContextEntriesMax entries.
  [[nodiscard]] Result<VectorClock> decode(std::string_view bucket, std::string_view key,
                                           std::string_view text) const;

 private:
  MacKey key_;
};

// A context with more entries is neither given out nor taken. An entry is a process that minted for
// the key, so no record comes near it by itself: a year of three minters that restart every week is
// 156. wire/ has room for the text of the longest (kContextBytesMax).
inline constexpr std::size_t kContextEntriesMax = 16'384;

// The canonical bytes of a clock, as contexts and stored records hold them. The reader refuses what
// is not in normal form, and fails with the ByteReader on too few bytes.
void write_clock(class ByteWriter& writer, const VectorClock& clock);
[[nodiscard]] Result<VectorClock> read_clock(class ByteReader& reader);

}  // namespace starling
