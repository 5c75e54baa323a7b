#pragma once

// The identities that travel through every layer. Each is its own type, so that an epoch can not be
// passed where a row version is wanted.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace starling {

// A number with a meaning of its own: comparable with its kind and with nothing else.
template <typename Tag, typename Number = std::uint64_t>
struct Id {
  Number value{};
  friend auto operator<=>(const Id&, const Id&) = default;
};

// A member's identity, stable over restarts: a hash of its name, which the cluster keeps unique.
using NodeId = Id<struct NodeIdTag>;
// Drawn afresh at every process start and after every store error; no dot outlives its meaning.
using Incarnation = Id<struct IncarnationTag>;
// The number of a decided cluster configuration.
using Epoch = Id<struct EpochTag>;
// The epoch at which the row of a partition last changed.
using RowVersion = Id<struct RowVersionTag>;
// A partition's durable generation for reaping (tombstones): states stamped lower may be refused.
using FenceStamp = Id<struct FenceStampTag>;
// One of the Q equal ranges of the token space.
using PartitionId = Id<struct PartitionIdTag, std::uint16_t>;
// One running operation of one coordinator; never reused, not even after a restart.
using OperationId = Id<struct OperationIdTag>;
// 128 random bits, written when a data directory is formatted: the same disk, the same id.
struct StoreId {
  Hash128 value;
  friend auto operator<=>(const StoreId&, const StoreId&) = default;
};
// One request of one client: a nonce of the client and its counter. A replay carries the same.
struct RequestId {
  Hash128 client;
  std::uint64_t counter = 0;
  friend auto operator<=>(const RequestId&, const RequestId&) = default;
};

[[nodiscard]] NodeId node_id_of(std::string_view name);
// 16 hexadecimal digits, as logs and JSON show identities.
[[nodiscard]] std::string to_text(std::uint64_t number);
[[nodiscard]] std::string to_text(const Hash128& hash);
// What to_text() wrote; nothing: it did not.
[[nodiscard]] std::optional<std::uint64_t> number_named(std::string_view text);
[[nodiscard]] std::optional<Hash128> hash128_named(std::string_view text);

}  // namespace starling
