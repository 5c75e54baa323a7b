#include "daemon/metrics_page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/status.h"

#include "base/ids.h"
#include "http/http_service.h"
#include "http/metrics_text.h"
#include "message/client_messages.h"
#include "net/transport_report.h"
#include "node/detector_service.h"
#include "node/node_metrics.h"
#include "node/node_report.h"
#include "node/request_metrics.h"
#include "storage/disk_guard.h"
#include "storage/storage_metrics.h"

namespace starling {
namespace {

using Kind = MetricsText::Kind;

constexpr std::uint64_t one_if(bool condition) {
  return condition ? 1 : 0;
}

void write_requests(MetricsText& text, const NodeMetrics& node) {
  text.family("starling_request_seconds", Kind::Histogram,
              "Clients' requests from arrival to answer, by operation, level and result.");
  for (const RequestMetrics::Line& line : node.requests.lines()) {
    text.sample({{.name = "operation", .value = request_kind_name(line.label.kind)},
                 {.name = "level", .value = level_label(line.label.level)},
                 {.name = "result", .value = status_code_name(line.label.result)}},
                line.latency, MetricsText::kSeconds);
  }
  text.family("starling_requests_refused_total", Kind::Counter,
              "Clients' requests that were refused before they began: nothing was applied.");
  for (std::size_t code = 0; code < node.refused.size(); ++code) {
    const auto status = static_cast<StatusCode>(code);
    if (node.refused[code] == 0 && status != StatusCode::Overloaded) continue;
    text.sample({{.name = "code", .value = status_code_name(status)}}, node.refused[code]);
  }
  text.family("starling_value_bytes", Kind::Histogram,
              "Bytes of values: of each put that was answered, and of each get that found any.");
  text.sample({{.name = "operation", .value = "put"}}, node.put_bytes, MetricsText::kBytes);
  text.sample({{.name = "operation", .value = "get"}}, node.get_bytes, MetricsText::kBytes);
  text.family("starling_read_siblings", Kind::Histogram,
              "Concurrent values that one get returned.");
  text.sample({}, node.read_siblings, MetricsText::kNumbers);
  text.single("starling_forwarded_puts_total", Kind::Counter,
              "Puts of keys of which this node owns no copy, passed on to an owner.",
              node.forwarded_puts);
  text.single("starling_repaired_reads_total", Kind::Counter,
              "Gets that were answered after replicas had been written back.", node.repaired_reads);
  text.single("starling_repair_writes_total", Kind::Counter,
              "Records sent to replicas that a get found behind.", node.repair_writes);
  text.single("starling_slow_requests_total", Kind::Counter,
              "Requests that took as long as --slow-request, or longer.", node.slow_requests);
}

void write_load(MetricsText& text, const MetricsSources& from) {
  const NodeReport& report = from.report;
  text.single("starling_requests_in_flight", Kind::Gauge,
              "Requests of clients and peers that are not answered yet.",
              std::uint64_t{report.requests_in_flight});
  text.single("starling_listings_in_flight", Kind::Gauge, "Listings of keys under way.",
              std::uint64_t{report.listings});
  text.single("starling_operations", Kind::Gauge,
              "Requests under way, answered ones that wait for late replies included.",
              std::uint64_t{report.operations});
  text.single("starling_operation_bytes", Kind::Gauge, "Values and records that they hold.",
              std::uint64_t{report.operation_bytes});
  text.single("starling_waiting_replies", Kind::Gauge,
              "Answers to coordinators that wait until what they say is durable.",
              std::uint64_t{report.waiting_replies});
  text.family("starling_loop_lag_seconds", Kind::Histogram,
              "How long what was due waited for its turn (2 ms of it may be rounding).");
  text.sample({}, from.loop_lag, MetricsText::kSeconds);
}

void write_cluster(MetricsText& text, const NodeReport& report) {
  text.single("starling_ready", Kind::Gauge, "1 while quorum requests are served, as /readyz says.",
              one_if(report.info.ready));
  text.single("starling_epoch", Kind::Gauge, "The ring's epoch at this node.",
              report.cluster.epoch.value);
  text.family("starling_member_up", Kind::Gauge,
              "1 where this node takes a member for up, 0 for suspect or down.");
  for (const MemberReply& member : report.cluster.members) {
    const bool is_up = member.state != "suspect" && member.state != "down";
    text.sample({{.name = "member", .value = member.name}}, one_if(is_up));
  }
  text.family("starling_members", Kind::Gauge,
              "Members by their state in this node's opinion, itself included.");
  for (const std::string_view state : {"up", "suspect", "down", "joining", "leaving"}) {
    text.sample({{.name = "state", .value = state}},
                static_cast<std::uint64_t>(
                    std::ranges::count(report.cluster.members, state, &MemberReply::state)));
  }
  text.family("starling_members_to_lose", Kind::Gauge,
              "How many more members may fail, at the default levels.");
  text.sample({{.name = "until", .value = "unavailable"}},
              std::uint64_t{report.cluster.can_lose_availability});
  text.sample({{.name = "until", .value = "lost_writes"}},
              std::uint64_t{report.cluster.can_lose_durability});
}

void write_detector(MetricsText& text, const DetectorReport& detector) {
  text.single("starling_probes_total", Kind::Counter, "Probes of members, to see who answers.",
              detector.counts.probes);
  text.family("starling_probes_unanswered_total", Kind::Counter,
              "Of them, those that the member itself did not answer in time: others reached it, or "
              "nobody did.");
  text.sample({{.name = "reached_by", .value = "others"}}, detector.counts.helped_probes);
  text.sample({{.name = "reached_by", .value = "nobody"}}, detector.counts.failed_probes);
  text.single("starling_members_held_for_down_total", Kind::Counter,
              "Times that this node began to hold a member for down.", detector.verdicts);
  text.single("starling_accusations_refuted_total", Kind::Counter,
              "Times that others took this node for silent, and it contradicted.",
              detector.refutations);
  text.single("starling_stalls_total", Kind::Counter,
              "Times that this process stood still for over half a second, as its failure detector "
              "noticed.",
              detector.counts.stalls);
}

void write_peers(MetricsText& text, const MetricsSources& from) {
  text.family("starling_peer_read_seconds", Kind::Histogram,
              "From the beginning of a get to each of its answers from that peer.");
  for (const MemberReply& member : from.report.cluster.members) {
    const auto reads = from.node.peer_reads.find(member.id);
    if (reads == from.node.peer_reads.end()) continue;
    text.sample({{.name = "peer", .value = member.name}}, reads->second, MetricsText::kSeconds);
  }
  text.family("starling_peer_round_trip_seconds", Kind::Gauge,
              "Round trip of the connection's packets, as the kernel smooths it.");
  for (const PeerLink& peer : from.transport.peers) {
    if (!peer.round_trip.has_value()) continue;
    text.sample({{.name = "peer", .value = peer.name}},
                std::chrono::duration<double>(*peer.round_trip).count());
  }
  text.family("starling_peer_connected", Kind::Gauge, "1 while there is a connection.");
  for (const PeerLink& peer : from.transport.peers) {
    text.sample({{.name = "peer", .value = peer.name}}, one_if(peer.up));
  }
  text.family("starling_peer_output_bytes", Kind::Gauge, "What waits to be sent to that peer.");
  for (const PeerLink& peer : from.transport.peers) {
    text.sample({{.name = "peer", .value = peer.name}}, std::uint64_t{peer.queued_bytes});
  }
}

void write_network(MetricsText& text, const TransportReport& transport) {
  const TransportMetrics& counted = transport.metrics;
  text.family("starling_network_bytes_total", Kind::Counter,
              "Bytes of the native protocol, with clients and with peers.");
  const auto traffic = [&](std::string_view with, const TrafficCounts& counts) {
    text.sample({{.name = "with", .value = with}, {.name = "direction", .value = "received"}},
                counts.received_bytes);
    text.sample({{.name = "with", .value = with}, {.name = "direction", .value = "sent"}},
                counts.sent_bytes);
  };
  traffic("clients", counted.clients);
  traffic("peers", counted.peers);
  text.single("starling_connections", Kind::Gauge,
              "Native connections, of clients and peers, the unfinished ones included.",
              std::uint64_t{transport.connections});
  text.single("starling_connections_refused_total", Kind::Counter,
              "Native connections that were turned away.", counted.connections_refused);
  text.single("starling_network_requests_refused_total", Kind::Counter,
              "Requests that found no room before they reached the node: nothing was applied.",
              counted.requests_refused);
  text.single("starling_network_answers_refused_total", Kind::Counter,
              "Reads that were not answered, since clients do not read their answers.",
              counted.answers_refused);
  text.single("starling_client_request_bytes", Kind::Gauge,
              "Bytes of clients' requests that are not answered yet.",
              std::uint64_t{transport.request_bytes});
  text.single("starling_client_answer_bytes", Kind::Gauge,
              "Bytes of answers that clients have not read yet.",
              std::uint64_t{transport.answer_bytes});
}

void write_http(MetricsText& text, const HttpMetrics& http, std::size_t connections) {
  text.single("starling_http_connections", Kind::Gauge, "Connections of the HTTP port.",
              std::uint64_t{connections});
  text.family("starling_http_answers_total", Kind::Counter,
              "Answers of the HTTP port, health checks and this page included, by the first digit "
              "of their status.");
  for (std::size_t digit = 2; digit < http.answers.size(); ++digit) {
    text.sample({{.name = "status", .value = std::to_string(digit) + "xx"}}, http.answers[digit]);
  }
  text.single("starling_http_requests_refused_total", Kind::Counter,
              "Requests whose body found no room before it was taken: nothing was applied.",
              http.requests_refused);
  text.single("starling_http_answers_refused_total", Kind::Counter,
              "Reads whose answer found no room.", http.answers_refused);
}

void write_commits(MetricsText& text, const LaneMetrics& lane, std::uint64_t queued_bytes) {
  text.family("starling_commit_seconds", Kind::Histogram,
              "One batch of commits: LevelDB's write, with its waits, and the sync if there is "
              "one.");
  text.sample({{.name = "synced", .value = "true"}}, lane.synced_writes, MetricsText::kSeconds);
  text.sample({{.name = "synced", .value = "false"}}, lane.written_only, MetricsText::kSeconds);
  text.family("starling_commit_batch_commits", Kind::Histogram,
              "Commits that shared one batch (group commit).");
  text.sample({}, lane.batch_commits, MetricsText::kNumbers);
  text.family("starling_commit_batch_bytes", Kind::Histogram, "Bytes of one batch of commits.");
  text.sample({}, lane.batch_bytes, MetricsText::kBytes);
  text.single("starling_commit_queue_bytes", Kind::Gauge, "What waits for the disk.", queued_bytes);
}

void write_caches(MetricsText& text, const NodeReport& report, const DatabaseMetrics& database) {
  text.single("starling_record_cache_hits_total", Kind::Counter,
              "Records that were at hand, decoded.", report.record_cache.hits);
  text.single("starling_record_cache_misses_total", Kind::Counter,
              "Records that had to be read from the store.", report.record_cache.misses);
  text.single("starling_record_cache_bytes", Kind::Gauge, "Memory of the decoded records.",
              std::uint64_t{report.record_cache_bytes});
  text.single("starling_block_cache_hits_total", Kind::Counter,
              "Blocks of the store that were at hand.", database.block_cache_hits);
  text.single("starling_block_cache_misses_total", Kind::Counter,
              "Blocks that had to be read from files and verified.", database.block_cache_misses);
  text.single("starling_block_cache_bytes", Kind::Gauge, "Memory of the blocks.",
              database.block_cache_bytes);
}

// One family of the levels' numbers.
void write_levels(MetricsText& text, std::string_view name, Kind kind, std::string_view help,
                  const DatabaseMetrics& database, std::uint64_t LevelStats::* number) {
  text.family(name, kind, help);
  for (const LevelStats& level : database.levels) {
    text.sample({{.name = "level", .value = std::to_string(level.level)}}, level.*number);
  }
}

void write_database(MetricsText& text, const DatabaseMetrics& database) {
  write_levels(text, "starling_leveldb_files", Kind::Gauge, "Files of a level.", database,
               &LevelStats::files);
  write_levels(text, "starling_leveldb_level_bytes", Kind::Gauge, "Size of a level, in whole MiB.",
               database, &LevelStats::bytes);
  write_levels(text, "starling_leveldb_compaction_seconds_total", Kind::Counter,
               "Time of compactions into a level, in whole seconds, since the store was opened.",
               database, &LevelStats::compaction_seconds);
  write_levels(text, "starling_leveldb_compaction_read_bytes_total", Kind::Counter,
               "What compactions into a level read, since the store was opened.", database,
               &LevelStats::compaction_bytes_read);
  write_levels(text, "starling_leveldb_compaction_written_bytes_total", Kind::Counter,
               "What compactions into a level wrote, since the store was opened.", database,
               &LevelStats::compaction_bytes_written);
  text.single("starling_leveldb_memory_bytes", Kind::Gauge, "Block cache and write buffers.",
              database.memory_bytes);
}

void write_health(MetricsText& text, const MetricsSources& from) {
  const NodeReport& report = from.report;
  const DamageCounts& damage = report.info.damage;
  text.single("starling_damaged_places_total", Kind::Counter,
              "Places of the store that could not be read.", damage.met);
  text.single("starling_damage_mended_total", Kind::Counter, "Of them, those that are sound again.",
              damage.mended);
  text.family("starling_damage_open", Kind::Gauge,
              "Of them, those that wait to be mended, and those for which no other replica has "
              "anything.");
  text.sample({{.name = "state", .value = "waiting"}}, damage.waiting);
  text.sample({{.name = "state", .value = "unsupplied"}}, damage.unsupplied);
  text.single("starling_corrupt_reads_total", Kind::Counter, "Reads that met damaged bytes.",
              report.store.corruptions);
  text.single("starling_dot_collisions_total", Kind::Counter,
              "One dot with two values: a defect, or a store that is in use twice.",
              report.store.dot_collisions);
  text.single("starling_lost_mints_total", Kind::Counter,
              "Times that this process found its own newest writes gone from its store.",
              report.store.surprises);
  text.single("starling_old_records_removed_total", Kind::Counter,
              "Records removed because this node stores their partitions no more.",
              report.old_records_removed);
  text.single("starling_minting_stopped", Kind::Gauge, "1 when this replica mints no more.",
              one_if(report.minting_stopped));
  text.family("starling_store_condition", Kind::Gauge,
              "1 at what the disk's room allows: all writes, no new values, no writes.");
  constexpr std::array<std::string_view, 3> kNames{"roomy", "tight", "full"};
  for (std::size_t condition = 0; condition < kNames.size(); ++condition) {
    text.sample({{.name = "condition", .value = kNames[condition]}},
                one_if(static_cast<std::size_t>(report.condition) == condition));
  }
  text.family("starling_disk_free_bytes", Kind::Gauge,
              "What this user may still write on the volume of the data directory.");
  if (from.disk.has_value()) text.sample({}, from.disk->free);
  text.family("starling_disk_size_bytes", Kind::Gauge, "The size of that volume.");
  if (from.disk.has_value()) text.sample({}, from.disk->total);
}

void write_process(MetricsText& text, const MetricsSources& from) {
  text.family("starling_build_info", Kind::Gauge, "1, with what is running as labels.");
  text.sample({{.name = "version", .value = from.report.info.version},
               {.name = "durability", .value = from.report.info.durability},
               {.name = "compiler", .value = __VERSION__}},
              std::uint64_t{1});
  constexpr double kMillisecondsPerSecond = 1e3;
  constexpr double kMicrosecondsPerSecond = 1e6;
  text.single("starling_uptime_seconds", Kind::Gauge, "Since this process opened its store.",
              static_cast<double>(from.report.info.uptime_ms) / kMillisecondsPerSecond);
  text.single("starling_process_cpu_seconds_total", Kind::Counter,
              "Processor time of all threads, in the kernel too.",
              static_cast<double>(from.report.info.cpu_us) / kMicrosecondsPerSecond);
  text.single("starling_process_resident_bytes", Kind::Gauge, "Memory that this process occupies.",
              from.resident_bytes);
}

}  // namespace

std::string metrics_page(const MetricsSources& sources) {
  MetricsText text;
  write_process(text, sources);
  write_cluster(text, sources.report);
  write_detector(text, sources.report.detector);
  write_requests(text, sources.node);
  write_load(text, sources);
  write_peers(text, sources);
  write_network(text, sources.transport);
  write_http(text, sources.http, sources.http_connections);
  write_commits(text, sources.storage.lane, sources.commit_queue_bytes);
  write_caches(text, sources.report, sources.storage.database);
  write_database(text, sources.storage.database);
  write_health(text, sources);
  return text.take();
}

}  // namespace starling
