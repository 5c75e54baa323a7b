#include "random_message.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "support/seed.h"

namespace starling {
namespace {

constexpr std::uint64_t kSeedDefault = 20260102;
constexpr Level kLevels[] = {Level::none(),  Level::count(7), Level::one(), Level::two(),
                             Level::three(), Level::quorum(), Level::all()};

bool coin(Random& random) {
  return random.below(2) == 0;
}

std::string bytes(Random& random, std::size_t size_min, std::size_t size_max) {
  std::string drawn(random.between(size_min, size_max), '\0');
  for (char& byte : drawn) byte = static_cast<char>(random.below(256));
  return drawn;
}

std::string name(Random& random, std::size_t size_min) {
  std::string drawn(random.between(size_min, 12), '\0');
  for (char& byte : drawn) byte = static_cast<char>('a' + random.below(26));
  return drawn;
}

std::uint32_t number(Random& random) {
  return static_cast<std::uint32_t>(random.next());
}

Level level(Random& random) {
  return kLevels[random.below(std::size(kLevels))];
}

Hash128 hash(Random& random) {
  return {.high = random.next(), .low = random.next()};
}

KeyAddress address(Random& random) {
  return {.bucket = name(random, 1), .key = bytes(random, 1, 40)};
}

Duration remaining(Random& random) {
  return random.between(Duration::zero(), std::chrono::seconds(60));
}

PartitionId partition(Random& random) {
  return PartitionId{static_cast<std::uint16_t>(random.below(32768))};
}

ReadLevels read_levels(Random& random) {
  return {.r = level(random), .pr = level(random)};
}

WriteLevels write_levels(Random& random) {
  return {.w = level(random), .pw = level(random), .dw = level(random), .sloppy = coin(random)};
}

ReplyCounts counts(Random& random) {
  return {.required = number(random), .received = number(random), .primaries = number(random)};
}

RequestId request_id(Random& random) {
  return {.client = hash(random), .counter = random.next()};
}

Envelope envelope(Random& random) {
  return {.sender_incarnation = {random.next()},
          .operation = {random.next()},
          .epoch = {random.next()},
          .partition = partition(random),
          .row_version = {random.next()},
          .fence = {random.next()},
          .remaining = remaining(random)};
}

ReplicaOutcome outcome(Random& random) {
  return static_cast<ReplicaOutcome>(random.below(6));
}

std::optional<KeyAddress> maybe_address(Random& random) {
  if (coin(random)) return std::nullopt;
  return address(random);
}

Trace trace(Random& random) {
  Trace trace;
  Duration at{};
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    at += random.between(Duration::zero(), std::chrono::seconds(1));
    const auto kind = random.below(static_cast<std::uint64_t>(kTraceEventKindLast) + 1);
    trace.events.push_back({.at = at,
                            .kind = static_cast<TraceEventKind>(kind),
                            .node = coin(random) ? "node0" : name(random, 0),
                            .peer = coin(random) ? "node1" : name(random, 0),
                            .home = name(random, 0),
                            .result = coin(random) ? "done" : name(random, 0)});
    trace.left_out = number(random);
  }
  return trace;
}

std::optional<CommitTimes> commit_times(Random& random) {
  if (coin(random)) return std::nullopt;
  return CommitTimes{.begun_ago = remaining(random), .done_ago = remaining(random)};
}

ErrorReply error_reply(Random& random) {
  const auto code = static_cast<StatusCode>(random.between(1, 14));
  const std::chrono::milliseconds wait(random.below(60'001));
  return {.status = Status(code, name(random, 0)).with_retry_after(wait),
          .replies = counts(random),
          .route = {},
          .trace = trace(random)};
}

PutReply put_reply(Random& random) {
  return {.context = name(random, 0),
          .siblings = number(random),
          .level = level(random),
          .replies = counts(random),
          .route = {},
          .trace = trace(random)};
}

Hello hello(Random& random) {
  Hello hello;
  hello.protocol = number(random);
  hello.role = coin(random) ? HelloRole::Peer : HelloRole::Client;
  hello.cluster = name(random, 0);
  hello.name = name(random, 0);
  hello.http_address = name(random, 0);
  hello.address = name(random, 0);
  if (coin(random)) hello.cluster_id = hash(random);
  hello.waits_to_join = coin(random);
  hello.incarnation = {random.next()};
  if (coin(random)) {
    hello.config = {.cluster = hash(random),
                    .partitions = hash(random),
                    .replicas = hash(random),
                    .founders = hash(random),
                    .secret = hash(random)};
  }
  hello.refusal = name(random, 0);
  if (coin(random)) hello.refusal_code = StatusCode::Overloaded;
  return hello;
}

ReplicaReadReply read_reply(Random& random) {
  ReplicaReadReply reply{.operation = {random.next()},
                         .outcome = outcome(random),
                         .epoch = {random.next()},
                         .fence = {random.next()},
                         .digest = hash(random),
                         .clock = random_clock(random),
                         .record = std::nullopt};
  if (coin(random)) {
    reply.record = random_versions(random);
    if (coin(random)) reply.clock = reply.record->clock();
  }
  return reply;
}

ForwardedPut forwarded_put(Random& random) {
  ForwardedPut put{.envelope = envelope(random), .put = {}};
  put.put.address = address(random);
  put.put.kind = coin(random) ? SiblingKind::Tombstone : SiblingKind::Value;
  if (put.put.kind == SiblingKind::Value) put.put.value = bytes(random, 0, 100);
  put.put.content_type = name(random, 0);
  put.put.modified = {static_cast<std::int64_t>(random.next())};
  put.put.context = random_clock(random);
  put.put.levels = write_levels(random);
  put.put.request = request_id(random);
  put.put.checksum = random.next();
  put.put.trace = coin(random);
  return put;
}

ForwardedPutReply forwarded_put_reply(Random& random) {
  ForwardedPutReply reply{
      .operation = {random.next()}, .nothing_minted = coin(random), .reply = put_reply(random)};
  if (coin(random)) reply.reply = error_reply(random);
  return reply;
}

ScanRangeReply scan_reply(Random& random) {
  ScanRangeReply reply{.operation = {random.next()},
                       .outcome = outcome(random),
                       .epoch = {random.next()},
                       .entries = {},
                       .stopped_at = maybe_address(random)};
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    reply.entries.push_back(
        {.key = bytes(random, 1, 20), .versions = random_versions(random).without_values()});
  }
  return reply;
}

DigestRangeReply digest_reply(Random& random) {
  DigestRangeReply reply{.operation = {random.next()}, .sound = coin(random), .entries = {}};
  std::uint16_t next = 0;
  for (std::uint64_t left = random.below(9); left > 0; --left) {
    next = static_cast<std::uint16_t>(next + random.between(1, 100));
    reply.entries.push_back({.partition = {next}, .digest = hash(random)});
  }
  return reply;
}

std::uint8_t slot(Random& random) {
  return static_cast<std::uint8_t>(random.below(256));
}

RepairProgress repair_progress(Random& random) {
  return {.pairs = random.next(),
          .compared = random.next(),
          .failed = random.next(),
          .keys_compared = random.next(),
          .keys_differing = random.next(),
          .records_written = random.next(),
          .bytes = random.next()};
}

RepairOrder repair_order(Random& random) {
  RepairOrder order{.run = hash(random), .partition = {}, .dry_run = coin(random)};
  if (coin(random)) order.partition = partition(random);
  return order;
}

WorkCensusReply census_reply(Random& random) {
  WorkCensusReply reply{.operation = {random.next()}, .complete = coin(random), .counts = {}};
  std::uint64_t home = 0;
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    home += random.between(1, 1000);
    reply.counts.push_back({.home = {home}, .pending = random.next(), .delivered = random.next()});
    if (coin(random)) reply.counts.back().eta_seconds = number(random) / 2;
  }
  if (coin(random)) reply.repair = repair_progress(random);
  return reply;
}

RepairOutcome repair_outcome(Random& random) {
  return static_cast<RepairOutcome>(random.below(5));
}

std::vector<std::uint32_t> nodes(Random& random) {
  std::vector<std::uint32_t> nodes;
  for (std::uint64_t left = random.below(9); left > 0; --left) nodes.push_back(number(random));
  return nodes;
}

std::vector<Token> tokens(Random& random) {
  std::vector<Token> tokens;
  for (std::uint64_t left = random.below(9); left > 0; --left) tokens.push_back({random.next()});
  return tokens;
}

std::optional<Token> maybe_token(Random& random) {
  return coin(random) ? std::optional(Token{random.next()}) : std::nullopt;
}

TreeReadReply tree_reply(Random& random) {
  TreeReadReply reply{.operation = {random.next()},
                      .outcome = repair_outcome(random),
                      .leaf_depth = static_cast<std::uint8_t>(random.below(256)),
                      .sums = {}};
  for (std::uint64_t left = random.below(9); left > 0; --left) reply.sums.push_back(hash(random));
  return reply;
}

KeyListReply key_list_reply(Random& random) {
  KeyListReply reply{.operation = {random.next()},
                     .outcome = repair_outcome(random),
                     .entries = {},
                     .stopped_at = maybe_token(random)};
  for (std::uint64_t left = random.below(9); left > 0; --left) {
    reply.entries.push_back({.token = {random.next()}, .digest = random.next()});
  }
  return reply;
}

FillPage fill_page(Random& random) {
  FillPage page{.operation = {random.next()},
                .epoch = {random.next()},
                .outcome = static_cast<FillOutcome>(random.below(6)),
                .again_ms = number(random),
                .records = {},
                .through = maybe_token(random)};
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    page.records.push_back({.token = {random.next()},
                            .address = address(random),
                            .versions = random_versions(random)});
  }
  return page;
}

RecordsReply records_reply(Random& random) {
  RecordsReply reply{.operation = {random.next()},
                     .outcome = repair_outcome(random),
                     .fence = {random.next()},
                     .records = {},
                     .tokens_answered = number(random),
                     .unreadable = tokens(random)};
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    reply.records.push_back({.token = {random.next()},
                             .address = address(random),
                             .versions = random_versions(random)});
  }
  return reply;
}

GetReply get_reply(Random& random) {
  GetReply reply;
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    reply.siblings.push_back({.value = bytes(random, 0, 200),
                              .content_type = name(random, 0),
                              .modified = {static_cast<std::int64_t>(random.next())},
                              .dot = name(random, 1)});
  }
  reply.context = name(random, 0);
  reply.level = level(random);
  reply.replies = counts(random);
  reply.repaired = number(random);
  reply.protected_read = coin(random);
  reply.checksum = random.next();
  reply.trace = trace(random);
  return reply;
}

KeysReply keys_reply(Random& random) {
  KeysReply reply;
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    reply.keys.push_back(bytes(random, 1, 30));
  }
  reply.cursor = name(random, 0);
  return reply;
}

ClusterStatusReply status_reply(Random& random) {
  ClusterStatusReply reply{.cluster = name(random, 0),
                           .epoch = {random.next()},
                           .partitions = number(random),
                           .replicas = number(random),
                           .replicas_configured = number(random),
                           .members = {},
                           .can_lose_availability = number(random),
                           .can_lose_durability = number(random),
                           .messages = {}};
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    reply.members.push_back({.name = name(random, 1),
                             .id = {random.next()},
                             .address = name(random, 1),
                             .http = name(random, 0),
                             .zone = name(random, 0),
                             .state = name(random, 1),
                             .state_seconds = random.next(),
                             .partitions = number(random),
                             .hints_pending = number(random)});
    reply.messages.push_back(name(random, 0));
  }
  return reply;
}

ClusterRingReply ring_reply(Random& random) {
  ClusterRingReply reply{.epoch = {random.next()}, .partitions = {}};
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    PartitionOwners row{.partition = partition(random), .owners = {"node0"}, .fallbacks = {}};
    row.owners.push_back(name(random, 1));
    if (coin(random)) row.fallbacks = {"node0", name(random, 1)};
    reply.partitions.push_back(std::move(row));
  }
  return reply;
}

ClusterDigestReply cluster_digest_reply(Random& random) {
  ClusterDigestReply reply;
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    reply.partitions.push_back({.partition = partition(random),
                                .replicas = {{.member = "node0", .digest = hash(random)},
                                             {.member = name(random, 1), .digest = std::nullopt}}});
  }
  reply.agree = coin(random);
  return reply;
}

ClusterTasksReply tasks_reply(Random& random) {
  ClusterTasksReply reply;
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    reply.tasks.push_back({.id = name(random, 1),
                           .kind = name(random, 1),
                           .subject = name(random, 0),
                           .done = random.next(),
                           .total = random.next(),
                           .unit = name(random, 1)});
    if (coin(random)) reply.tasks.back().eta_seconds = number(random) / 2;
    reply.unanswered.push_back(name(random, 1));
  }
  return reply;
}

ClusterRepairReply cluster_repair_reply(Random& random) {
  ClusterRepairReply reply{.partitions = number(random), .progress = repair_progress(random)};
  for (std::uint64_t left = random.below(3); left > 0; --left) {
    reply.absent.push_back(name(random, 1));
    reply.unanswered.push_back(name(random, 1));
  }
  return reply;
}

ClusterChangeReply cluster_change_reply(Random& random) {
  ClusterChangeReply reply{.verb = static_cast<ChangeVerb>(random.below(5)),
                           .plan = random.next(),
                           .epoch = {random.next()},
                           .changes = {},
                           .moves = random.next(),
                           .moves_least = random.next()};
  if (coin(random)) reply.bytes = random.next() / 2;
  for (std::uint64_t left = random.below(3); left > 0; --left) {
    reply.changes.push_back(name(random, 1));
    reply.slots.push_back(
        {.name = name(random, 1), .before = number(random), .after = number(random)});
    reply.warnings.push_back(name(random, 1));
    reply.under_way.push_back(name(random, 1));
  }
  return reply;
}

NodeInfoReply node_info_reply(Random& random) {
  return {.name = name(random, 1),
          .id = {random.next()},
          .cluster = name(random, 1),
          .version = name(random, 1),
          .address = name(random, 1),
          .http = name(random, 0),
          .data_dir = name(random, 1),
          .store_id = name(random, 1),
          .incarnation = name(random, 1),
          .durability = name(random, 1),
          .boot_sequence = random.next(),
          .ready = coin(random),
          .not_ready_because = name(random, 0),
          .disk = name(random, 0),
          .uptime_ms = random.next(),
          .cpu_us = random.next(),
          .partitions = number(random),
          .damage = {.met = random.next(),
                     .mended = random.next(),
                     .waiting = random.next(),
                     .unsupplied = random.next()},
          .waits_to_join = coin(random),
          .partitions_of_cluster = number(random),
          .secret = {.high = random.next(), .low = random.next()}};
}

Newcomer newcomer(Random& random) {
  return {.name = name(random, 0),
          .cluster = name(random, 0),
          .address = name(random, 0),
          .zone = name(random, 0),
          .store = {.high = random.next(), .low = random.next()},
          .secret = {.high = random.next(), .low = random.next()},
          .partitions = number(random)};
}

Ballot ballot(Random& random) {
  return {
      .counter = random.between(1, 1000), .node = {random.next()}, .incarnation = {random.next()}};
}

ChainValue chain_value(Random& random) {
  ChainValue value{.configuration = bytes(random, 1, 60), .evidence = {}};
  for (std::uint64_t left = random.below(3); left > 0; --left) {
    value.evidence.adoptions.push_back(
        {.store = {hash(random)}, .adoption = {.node = {random.next()}, .epoch = {random.next()}}});
    value.evidence.losses_accepted.push_back(partition(random));
  }
  if (coin(random)) {
    value.evidence.fillings.push_back(
        {.partition = partition(random),
         .sink_store = {hash(random)},
         .source_store = {hash(random)},
         .filling = {
             .sink = {random.next()}, .source = {random.next()}, .epoch = {random.below(1000)}}});
  }
  return value;
}

ChainLetter chain_letter(Random& random) {
  const Epoch epoch{random.between(1, 9)};
  ChainPromise promise{
      .epoch = epoch, .ballot = ballot(random), .store = {hash(random)}, .accepted = {}};
  if (coin(random)) {
    promise.accepted = AcceptedValue{.ballot = ballot(random), .value = chain_value(random)};
  }
  const std::vector<ChainMessage> messages{
      ChainPrepare{.epoch = epoch, .ballot = ballot(random)},
      promise,
      ChainAccept{.epoch = epoch, .ballot = ballot(random), .value = chain_value(random)},
      ChainAccepted{.epoch = epoch, .ballot = ballot(random), .store = {hash(random)}},
      ChainReject{.epoch = epoch, .ballot = ballot(random), .promised = ballot(random)},
      ChainDecided{bytes(random, 1, 60)},
      ChainFetch{.adopted = epoch, .store = {hash(random)}}};
  return {.message = messages[random.below(messages.size())]};
}

SwimIncarnation swim_incarnation(Random& random) {
  return {.start = random.next(), .refutations = number(random)};
}

SwimMessage swim_message(Random& random) {
  SwimMessage message{.kind = static_cast<SwimKind>(random.below(4)),
                      .number = random.next(),
                      .subject = {random.next()},
                      .sender = swim_incarnation(random),
                      .rumours = {}};
  message.sender.start |= 1U;
  for (std::uint64_t left = random.below(kRumoursPerMessage + 1); left > 0; --left) {
    message.rumours.push_back({.subject = {random.next()},
                               .state = static_cast<PeerState>(random.below(3)),
                               .incarnation = swim_incarnation(random),
                               .accuser = {random.next()}});
  }
  return message;
}

std::vector<PeerMessage> peer_messages(Random& random) {
  return {
      ReplicaWrite{.envelope = envelope(random),
                   .address = address(random),
                   .versions = random_versions(random),
                   .kind = coin(random) ? WriteKind::Repair : WriteKind::Replicate,
                   .must_sync = coin(random),
                   .timed = coin(random)},
      ReplicaWriteReply{.operation = {random.next()},
                        .outcome = outcome(random),
                        .epoch = {random.next()},
                        .synced = coin(random),
                        .times = commit_times(random)},
      ReplicaRead{.envelope = envelope(random),
                  .address = address(random),
                  .want = coin(random) ? ReadWant::Record : ReadWant::Digest},
      read_reply(random),
      forwarded_put(random),
      forwarded_put_reply(random),
      ScanRange{.envelope = envelope(random),
                .bucket = name(random, 1),
                .prefix = bytes(random, 0, 9),
                .after = maybe_address(random),
                .limit = static_cast<std::uint32_t>(random.below(10'000))},
      scan_reply(random),
      DigestRange{.operation = {random.next()},
                  .first = partition(random),
                  .count = static_cast<std::uint32_t>(random.below(32769)),
                  .remaining = remaining(random)},
      digest_reply(random),
      BootAnnouncement{.store = {hash(random)},
                       .boot_sequence = 3 + random.below(1000),
                       .incarnation = {random.next()},
                       .counting = coin(random),
                       .earlier = {{random.next()}, {random.next()}}},
      BootReply{.store = {hash(random)},
                .boot_sequence = random.next(),
                .incarnation = {random.next()},
                .verdict = static_cast<BootVerdict>(random.below(3))},
      StoreNotice{.condition = static_cast<StoreCondition>(random.below(3))},
      Heartbeat{},
      HintWrite{.envelope = envelope(random),
                .slot = slot(random),
                .standing = coin(random) ? HintStanding::Counted : HintStanding::BestEffort,
                .address = address(random),
                .versions = random_versions(random),
                .must_sync = coin(random)},
      HintWriteReply{.operation = {random.next()},
                     .slot = slot(random),
                     .outcome = outcome(random),
                     .synced = coin(random)},
      HintHandoff{.envelope = envelope(random),
                  .slot = slot(random),
                  .address = address(random),
                  .versions = random_versions(random)},
      HintHandoffReply{.operation = {random.next()},
                       .outcome = static_cast<HintOutcome>(random.below(5)),
                       .room = number(random)},
      WorkCensus{.operation = {random.next()}},
      census_reply(random),
      TreeRead{.envelope = envelope(random),
               .depth = static_cast<std::uint8_t>(random.below(256)),
               .child_depth = static_cast<std::uint8_t>(random.below(256)),
               .nodes = nodes(random)},
      tree_reply(random),
      KeyListRead{.envelope = envelope(random),
                  .depth = static_cast<std::uint8_t>(random.below(256)),
                  .leaves = nodes(random),
                  .after = maybe_token(random),
                  .entries_max = number(random)},
      key_list_reply(random),
      RecordsRead{.envelope = envelope(random), .tokens = tokens(random)},
      records_reply(random),
      OrderedRepair{.operation = {random.next()}, .order = repair_order(random)},
      OrderedRepairReply{.operation = {random.next()},
                         .standing = static_cast<RepairStanding>(random.below(3)),
                         .progress = repair_progress(random)},
      chain_letter(random),
      FillRead{.envelope = envelope(random),
               .source_store = {hash(random)},
               .after = maybe_token(random),
               .tokens_max = 1 + number(random) / 2},
      fill_page(random),
      swim_message(random),
  };
}

std::vector<ClientRequestBody> request_bodies(Random& random) {
  return {
      ClientPut{.address = address(random),
                .value = bytes(random, 0, 100),
                .content_type = name(random, 0),
                .context = name(random, 0),
                .levels = write_levels(random),
                .request = request_id(random),
                .checksum = random.next(),
                .trace = coin(random)},
      ClientGet{.address = address(random),
                .levels = read_levels(random),
                .context = name(random, 0),
                .trace = coin(random)},
      ClientDelete{.address = address(random),
                   .context = name(random, 0),
                   .read_levels = read_levels(random),
                   .levels = write_levels(random),
                   .request = request_id(random),
                   .trace = coin(random)},
      ClientKeys{.bucket = name(random, 1),
                 .prefix = bytes(random, 0, 9),
                 .after = bytes(random, 0, 9),
                 .cursor = name(random, 0),
                 .limit = static_cast<std::uint32_t>(random.between(1, 10'000)),
                 .levels = read_levels(random)},
      ClientClusterStatus{},
      ClientClusterRing{.address = maybe_address(random)},
      ClientClusterDigest{},
      ClientNodeInfo{},
      ClientClusterTasks{},
      ClientClusterRepair{.order = repair_order(random)},
      ClientClusterChange{.order = {.verb = static_cast<ChangeVerb>(random.below(7)),
                                    .member = name(random, 0),
                                    .plan = random.next(),
                                    .newcomer = newcomer(random)}},
  };
}

RouteHint route(Random& random) {
  if (coin(random)) return {};
  return {.epoch = {random.next()}, .owner = {random.next()}};
}

// Between peers no route is said.
template <typename Reply>
Reply with_route(Random& random, Reply reply) {
  reply.route = route(random);
  return reply;
}

std::vector<ClientReply> client_replies(Random& random) {
  return {with_route(random, error_reply(random)),
          with_route(random, put_reply(random)),
          with_route(random, get_reply(random)),
          keys_reply(random),
          status_reply(random),
          ring_reply(random),
          cluster_digest_reply(random),
          node_info_reply(random),
          tasks_reply(random),
          cluster_repair_reply(random),
          cluster_change_reply(random)};
}

}  // namespace

std::uint64_t test_seed() {
  return seed_or(kSeedDefault);
}

VectorClock random_clock(Random& random) {
  std::vector<VectorClock::Entry> prefix;
  std::vector<Dot> cloud;
  for (std::uint64_t actor = random.below(4); actor > 0; --actor) {
    prefix.push_back({.actor = {.incarnation = {random.next()}, .lineage = random.below(3)},
                      .counter = random.between(1, 9)});
    if (coin(random)) cloud.push_back({.actor = prefix.back().actor, .counter = 20});
  }
  return VectorClock::of(std::move(prefix), std::move(cloud));
}

SiblingSet random_versions(Random& random) {
  const VectorClock clock = random_clock(random);
  std::vector<Sibling> siblings;
  for (const VectorClock::Entry& entry : clock.prefix()) {
    Sibling sibling;
    sibling.dot = {.actor = entry.actor, .counter = random.between(1, entry.counter)};
    sibling.kind = coin(random) ? SiblingKind::Tombstone : SiblingKind::Value;
    if (sibling.is_live_value()) sibling.value = bytes(random, 0, 100);
    sibling.modified = {static_cast<std::int64_t>(random.next())};
    sibling.expires = {static_cast<std::int64_t>(random.next())};
    sibling.content_type = name(random, 0);
    sibling.value_hash = hash_of_value(sibling.kind, sibling.content_type, sibling.value);
    siblings.push_back(std::move(sibling));
  }
  return {clock, std::move(siblings)};
}

std::vector<Frame> random_frames(Random& random) {
  std::vector<Frame> frames{{.request = 0, .message = hello(random)}};
  for (PeerMessage& message : peer_messages(random)) {
    frames.push_back({.request = 0, .message = std::move(message)});
  }
  for (ClientRequestBody& body : request_bodies(random)) {
    frames.push_back(
        {.request = random.next(),
         .message = ClientRequest{.remaining = remaining(random), .body = std::move(body)}});
  }
  for (ClientReply& reply : client_replies(random)) {
    frames.push_back({.request = random.next(), .message = std::move(reply)});
  }
  return frames;
}

std::string encode_frame(const Frame& frame) {
  if (const auto* const hello = std::get_if<Hello>(&frame.message)) return encode(*hello);
  if (const auto* const peer = std::get_if<PeerMessage>(&frame.message)) return encode(*peer);
  if (const auto* const request = std::get_if<ClientRequest>(&frame.message)) {
    return encode(frame.request, *request);
  }
  return encode(frame.request, std::get<ClientReply>(frame.message));
}

Result<Frame> decode_frame(std::string_view bytes) {
  STARLING_ASSIGN_OR_RETURN(parsed, const FrameHeader header, parse_frame_header(bytes));
  return decode(header, bytes.substr(kFrameHeaderBytes));
}

void repair_checksums(std::string& bytes) {
  Result<FrameHeader> header = parse_frame_header(bytes);
  if (!header.ok()) return;
  header->body_checksum = hash64(std::string_view(bytes).substr(kFrameHeaderBytes));
  bytes.replace(0, kFrameHeaderBytes, frame_header_bytes(*header));
}

}  // namespace starling
