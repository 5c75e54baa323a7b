#pragma once

// The answering side of an exchange: it keeps nothing between two questions, so a peer that goes
// away, asks twice or never ends costs nothing but the answers. What is asked is checked before
// anything is allocated for it.

#include <cstddef>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {

// Sums in one answer: 256 branches of 16 children, 64 KiB.
inline constexpr std::size_t kSumsMax = 4096;
inline constexpr std::size_t kListedLeavesMax = 64;
inline constexpr std::uint32_t kListedKeysMax = 4096;
inline constexpr std::size_t kFetchedTokensMax = 64;

// What a list says of one key: half of what it adds to its leaf.
[[nodiscard]] constexpr KeyDigest key_digest_of(Token token, const Hash128& contribution) {
  return {.token = token, .digest = contribution.low};
}

// Refused where the question makes no sense for this tree.
[[nodiscard]] TreeReadReply answer_tree_read(const MerkleTree& tree, const TreeRead& read);
// The ranges of tokens whose keys are to be listed, ascending; nothing: Refused.
[[nodiscard]] std::optional<std::vector<TokenRange>> ranges_to_list(const TreeSpan& span,
                                                                    const KeyListRead& read);
// Whether the tokens are of this partition, ascending and not too many.
[[nodiscard]] bool may_fetch(const TreeSpan& span, const RecordsRead& read);

}  // namespace starling
