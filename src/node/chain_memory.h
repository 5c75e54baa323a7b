#pragma once

// ChainMemory: what a node must never forget of the agreement on configurations, as it stands in
// the store: the one that it adopted last, and its vote of the epoch behind that.
// src/replica/FORMAT.md shows the bytes. What can not be read is refused, never taken for absent: a
// voter that forgot its vote might help to decide one epoch twice.

#include <optional>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "env/storage_engine.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "replica/store_identity.h"
#include "ring/configuration.h"

namespace starling {

// `identity`: of the same store.
// Errors: Corruption  an entry can not be read, is of a newer format, or the configuration is
//                     another one than the identity speaks of.
//         others      of the engine.
[[nodiscard]] Result<EpochChain::Durable> read_chain(StorageEngine& engine,
                                                     const StoreIdentity& identity);

[[nodiscard]] StorageWrite write_of_vote(const VoteRecord& vote);
// `bytes`: as encode_configuration() wrote them.
[[nodiscard]] StorageWrite write_of_configuration(std::string_view bytes);

// Where they stand, and how they are read back. Corruption: as above.
[[nodiscard]] std::string vote_store_key();
[[nodiscard]] std::string configuration_store_key();
[[nodiscard]] Result<VoteRecord> parse_vote(std::string_view bytes);
[[nodiscard]] Result<Configuration> parse_configuration(std::string_view bytes);

}  // namespace starling
