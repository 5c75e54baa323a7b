#include "replica/replay_memory.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "replica/replica_store.h"
#include "version/context_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

// Of what makes a fingerprint, with a clock of three actors.
constexpr std::size_t kFingerprintBytes = 64;

}  // namespace

ReplayMemory::Fingerprint ReplayMemory::fingerprint_of(const PutCommand& put) {
  ByteWriter writer(kFingerprintBytes + put.address.bucket.size() + put.address.key.size());
  writer.sized(put.address.bucket);
  writer.sized(put.address.key);
  writer.u8(static_cast<std::uint8_t>(put.kind));
  writer.u64(hash_of_value(put.kind, put.content_type, put.value));
  write_clock(writer, put.context);
  return {.value = hash128(writer.bytes())};
}

Result<std::optional<ReplicaStore::MintOutcome>> ReplayMemory::find(const PutCommand& put) const {
  const auto found = entries_.find(put.request);
  if (found == entries_.end()) return std::optional<ReplicaStore::MintOutcome>{};
  const Remembered& known = found->second;
  if (known.fingerprint != fingerprint_of(put)) {
    return Status(StatusCode::Usage,
                  "the request id was used for another write; draw a new one for each request");
  }
  Sibling sibling;
  sibling.dot = known.dot;
  sibling.kind = put.kind;
  sibling.value_hash = hash_of_value(put.kind, put.content_type, put.value);
  sibling.modified = known.modified;
  sibling.content_type = put.content_type;
  sibling.value = put.value;
  VectorClock clock = put.context;
  clock.add(known.dot);
  ReplicaStore::MintOutcome outcome;
  outcome.minted = {.dot = known.dot, .delta = SiblingSet(std::move(clock), {std::move(sibling)})};
  outcome.ticket = known.ticket;
  outcome.live_siblings = known.live_siblings;
  outcome.fence = known.fence;
  return std::optional<ReplicaStore::MintOutcome>{std::move(outcome)};
}

void ReplayMemory::remember(Instant now, const RequestId& request, const Fingerprint& fingerprint,
                            const ReplicaStore::MintOutcome& outcome) {
  if (request == RequestId{}) return;
  const Sibling& written = outcome.minted.delta.siblings().front();
  const bool is_new = entries_
                          .emplace(request, Remembered{.fingerprint = fingerprint,
                                                       .dot = outcome.minted.dot,
                                                       .modified = written.modified,
                                                       .ticket = outcome.ticket,
                                                       .fence = outcome.fence,
                                                       .live_siblings = outcome.live_siblings})
                          .second;
  if (is_new) by_age_.emplace_back(now, request);
  expire(now);
  while (entries_.size() > options_.entries_max) {
    ++early_evictions_;
    forget_oldest();
  }
}

void ReplayMemory::expire(Instant now) {
  while (!by_age_.empty() && now - by_age_.front().first > options_.age_max) forget_oldest();
}

void ReplayMemory::forget_oldest() {
  entries_.erase(by_age_.front().second);
  by_age_.pop_front();
}

}  // namespace starling
