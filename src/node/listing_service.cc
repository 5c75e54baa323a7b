#include "node/listing_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "node/coordinator.h"
#include "node/request_metrics.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "ring/ring.h"

namespace starling {
namespace {

// A page takes some tens of milliseconds, and the client that is refused is one of many.
constexpr std::chrono::milliseconds kListingRetry{250};
// Long keys end a page before its limit. What one more scan may add is far from what a message may
// hold (ReplicaStore::ScanQuery::bytes_max).
constexpr std::size_t kPageBytesMax = std::size_t{8} << 20U;

Status bad_cursor() {
  return {StatusCode::Usage, "the cursor is not one that this cluster gave out: begin again"};
}

// A scan may have stopped at a record of another bucket, so a cursor may name one.
bool lies_in(const Ring& ring, const KeyAddress& address, std::uint64_t partition) {
  const bool well_formed = check_bucket(address.bucket).ok() && check_key(address.key).ok();
  return well_formed &&
         ring.partition_of(ring.token_of(address.bucket, address.key)).value == partition;
}

}  // namespace

Status ListingService::begin(const ClientHandle& client, const ClientKeys& request, Instant now,
                             Instant deadline) {
  STARLING_RETURN_IF_ERROR(check_bucket(request.bucket));
  if (request.limit == 0 || request.limit > kKeysPageMax) {
    return {StatusCode::Usage, "a page of keys has 1 to " + std::to_string(kKeysPageMax) + " keys"};
  }
  STARLING_RETURN_IF_ERROR(resolve(request.levels, cluster_.ring().replicas()).status());
  STARLING_ASSIGN_OR_RETURN(found, const Position position, first_position(request));
  if (listings_.size() >= listings_max_) {
    return Status(StatusCode::Overloaded, std::to_string(listings_max_) +
                                              " listings of keys are under way at this node: try "
                                              "again when one has ended, or ask another node")
        .with_retry_after(kListingRetry);
  }
  const std::uint64_t id = ++next_id_;
  listings_.emplace(id, Listing{.client = client,
                                .request = request,
                                .started = now,
                                .deadline = deadline,
                                .position = position,
                                .keys = {},
                                .key_bytes = 0});
  scan_next(id, now);
  return Status::success();
}

void ListingService::scan_next(std::uint64_t id, Instant now) {
  const Listing& listing = listings_.at(id);
  const auto wanted = static_cast<std::uint32_t>(listing.request.limit - listing.keys.size());
  coordinator_.scan(
      id,
      {.partition = PartitionId{static_cast<std::uint16_t>(listing.position.partition)},
       .bucket = listing.request.bucket,
       .scan = {.prefix = listing.request.prefix, .limit = wanted},
       .after = listing.position.after,
       .levels = listing.request.levels},
      now, listing.deadline);
}

void ListingService::on_scan_answer(ScanAnswer answer, Instant now) {
  const auto found = listings_.find(answer.listing);
  if (found == listings_.end()) return;
  Listing& listing = found->second;
  if (const auto* const error = std::get_if<AnswerError>(&answer.answer)) {
    count(listing, error->status.code(), now);
    desk_.reply(listing.client, ErrorReply{.status = error->status, .replies = error->replies});
    listings_.erase(found);
    return;
  }
  take(listing, std::get<AnswerScan>(std::move(answer.answer)));
  const bool full =
      listing.keys.size() >= listing.request.limit || listing.key_bytes >= kPageBytesMax;
  const bool through = listing.position.partition >= cluster_.ring().partitions();
  if (full || through) return finish(answer.listing, now);
  scan_next(answer.listing, now);
}

void ListingService::take(Listing& listing, AnswerScan scanned) {
  const std::size_t room = listing.request.limit - listing.keys.size();
  if (scanned.keys.size() > room) {
    // The page ends before the scan did: the next one begins behind its last key.
    scanned.keys.resize(room);
    scanned.stopped_at = KeyAddress{.bucket = listing.request.bucket, .key = scanned.keys.back()};
  }
  for (const std::string& key : scanned.keys) listing.key_bytes += key.size();
  std::ranges::move(scanned.keys, std::back_inserter(listing.keys));
  if (scanned.stopped_at.has_value()) {
    listing.position.after = std::move(scanned.stopped_at);
  } else {
    listing.position = {.partition = listing.position.partition + 1, .after = std::nullopt};
  }
}

void ListingService::count(const Listing& listing, StatusCode result, Instant now) {
  metrics_.requests.record(
      {.kind = RequestKind::Keys, .level = listing.request.levels.r.name(), .result = result},
      now - listing.started);
}

void ListingService::finish(std::uint64_t id, Instant now) {
  Listing listing = std::move(listings_.extract(id).mapped());
  count(listing, StatusCode::Ok, now);
  const bool more = listing.position.partition < cluster_.ring().partitions();
  desk_.reply(listing.client, KeysReply{.keys = std::move(listing.keys),
                                        .cursor = more ? encode(listing.position) : ""});
}

std::string ListingService::encode(const Position& position) {
  ByteWriter writer;
  writer.varint(position.partition);
  if (position.after.has_value()) {
    writer.sized(position.after->bucket);
    writer.sized(position.after->key);
  }
  return to_base64_url(writer.bytes());
}

Result<ListingService::Position> ListingService::first_position(const ClientKeys& request) const {
  const Ring& ring = cluster_.ring();
  if (!request.cursor.empty()) {
    STARLING_ASSIGN_OR_RETURN(decoded, const std::string bytes, from_base64_url(request.cursor));
    ByteReader reader(bytes);
    const std::uint64_t partition = reader.varint();
    std::optional<KeyAddress> after;
    if (reader.remaining() > 0) {
      std::string bucket(reader.sized());
      std::string key(reader.sized());
      after = KeyAddress{.bucket = std::move(bucket), .key = std::move(key)};
    }
    if (!reader.finished() || partition >= ring.partitions()) return bad_cursor();
    if (after.has_value() && !lies_in(ring, *after, partition)) return bad_cursor();
    return Position{.partition = static_cast<std::uint32_t>(partition), .after = after};
  }
  if (request.after.empty()) return Position{};
  STARLING_RETURN_IF_ERROR(check_key(request.after));
  const PartitionId partition = ring.partition_of(ring.token_of(request.bucket, request.after));
  return Position{.partition = partition.value,
                  .after = KeyAddress{.bucket = request.bucket, .key = request.after}};
}

}  // namespace starling
