// The other half of AdminService: the digests of all replicas' live content, gathered member by
// member.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/admin_service.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

// Each is a full scan of every store.
constexpr std::size_t kDigestsMax = 4;
// A scan of a store takes seconds.
constexpr std::chrono::seconds kDigestRetry{1};
// Partitions a member digests in one go, so that its loop serves others in between.
constexpr std::uint32_t kPartitionsAtOnce = 16;

}  // namespace

Status AdminService::begin_digest(const ClientHandle& client, Instant now, Instant deadline) {
  if (digests_.size() >= kDigestsMax) {
    return Status(StatusCode::Overloaded,
                  std::to_string(kDigestsMax) +
                      " cluster digests are being made at this node: try again "
                      "when one has ended")
        .with_retry_after(kDigestRetry);
  }
  const std::uint64_t id = ++next_digest_;
  DigestJob& job = digests_[id];
  job.client = client;
  job.deadline = deadline;
  for (const RingMember& member : neighbours_.cluster.ring().members()) {
    if (!neighbours_.cluster.reachable(member.id)) continue;
    job.next_partition[member.id] = 0;
    ask_digest(id, job, member.id, now);
  }
  if (job.next_partition.empty()) finish_digest(id);
  return Status::success();
}

void AdminService::ask_digest(std::uint64_t id, const DigestJob& job, NodeId member, Instant now) {
  const auto first = static_cast<std::uint16_t>(job.next_partition.at(member));
  neighbours_.outbox.send(member,
                          DigestRange{.operation = OperationId{id},
                                      .first = PartitionId{first},
                                      .count = kPartitionsAtOnce,
                                      .remaining = std::max(job.deadline - now, Duration::zero())});
}

void AdminService::on_digest_reply(NodeId from, const DigestRangeReply& reply, Instant now) {
  const std::uint64_t id = reply.operation.value;
  const auto found = digests_.find(id);
  if (found == digests_.end()) return;
  DigestJob& job = found->second;
  const auto progress = job.next_partition.find(from);
  if (progress == job.next_partition.end()) return;
  if (now >= job.deadline) return;  // on_timer answers
  if (!reply.sound) return drop_member(id, from);
  for (const DigestEntry& entry : reply.entries) {
    job.digests[{entry.partition, from}] = entry.digest;
  }
  progress->second += kPartitionsAtOnce;
  if (progress->second >= neighbours_.cluster.ring().partitions()) return drop_member(id, from);
  ask_digest(id, job, from, now);
}

void AdminService::on_peer_down(NodeId peer, Instant /*now*/) {
  std::vector<std::uint64_t> ids;
  ids.reserve(digests_.size());
  for (const auto& [id, job] : digests_) ids.push_back(id);
  for (const std::uint64_t id : ids) drop_member(id, peer);
}

// A member is through, or will say no more.
void AdminService::drop_member(std::uint64_t id, NodeId member) {
  DigestJob& job = digests_.at(id);
  job.next_partition.erase(member);
  if (job.next_partition.empty()) finish_digest(id);
}

void AdminService::on_timer(Instant now) {
  std::vector<std::uint64_t> late;
  for (const auto& [id, job] : digests_) {
    if (job.deadline <= now) late.push_back(id);
  }
  for (const std::uint64_t id : late) {
    neighbours_.desk.refuse(
        digests_.at(id).client,
        Status(StatusCode::Unavailable,
               "the digests of some members did not come in time: use a longer --timeout"));
    digests_.erase(id);
  }
}

std::optional<Instant> AdminService::next_deadline() const {
  std::optional<Instant> earliest;
  for (const auto& [id, job] : digests_) {
    earliest = std::min(earliest.value_or(job.deadline), job.deadline);
  }
  return earliest;
}

void AdminService::finish_digest(std::uint64_t id) {
  const DigestJob job = std::move(digests_.extract(id).mapped());
  const Ring& ring = neighbours_.cluster.ring();
  ClusterDigestReply reply{.partitions = {}, .agree = true};
  for (std::uint32_t p = 0; p < ring.partitions(); ++p) {
    const PartitionId partition{static_cast<std::uint16_t>(p)};
    PartitionDigests digests{.partition = partition, .replicas = {}};
    std::optional<Hash128> first;
    // What a node that is not read holds says nothing: it is being filled, or left behind.
    for (const NodeId owner : ring.readers(partition)) {
      const auto digest = job.digests.find({partition, owner});
      const bool answered = digest != job.digests.end();
      digests.replicas.push_back(
          {.member = ring.member(owner)->name,
           .digest = answered ? std::optional(digest->second) : std::nullopt});
      if (answered && !first.has_value()) first = digest->second;
      reply.agree = reply.agree && answered && digest->second == *first;
    }
    reply.partitions.push_back(std::move(digests));
  }
  neighbours_.desk.reply(job.client, std::move(reply));
}

}  // namespace starling
