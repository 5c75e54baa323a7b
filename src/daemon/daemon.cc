#include "daemon/daemon.h"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "daemon/data_directory.h"
#include "daemon/founding.h"
#include "daemon/machine_memory.h"
#include "daemon/memory_relief.h"
#include "daemon/metrics_page.h"
#include "daemon/service_notice.h"
#include "daemon/settings.h"
#include "env/byte_stream.h"
#include "http/http_connection.h"
#include "http/routes.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "net/transport_report.h"
#include "net/uv_transport.h"
#include "node/node.h"
#include "node/node_options.h"
#include "node/node_report.h"
#include "node/readiness.h"
#include "replica/founding_config.h"
#include "replica/store_identity.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "storage/leveldb_database.h"
#include "storage/leveldb_engine.h"
#include "storage/leveldb_lane.h"
#include "storage/posix_files.h"
#include "storage/storage_metrics.h"

namespace starling {
namespace {

// Twice the default timeout of a request: what is under way then has long been given up.
constexpr Duration kDrainMax = std::chrono::seconds(10);
// --durability interval: what was acknowledged is synced within it.
constexpr Duration kSyncInterval = std::chrono::seconds(1);

// How often the space on the disk is looked at.
constexpr Duration kDiskInterval = std::chrono::seconds(1);

// The founders follow once the store has said who they are.
TransportOptions transport_options(const DaemonSettings& settings) {
  return {.founders = {},
          .name = settings.name,
          .clients_max = settings.memory.clients,
          .clients_per_address_max = (settings.memory.clients + 1) / 2,
          .request_bytes_max = settings.memory.request_bytes,
          .answer_bytes_max = settings.memory.answer_bytes,
          .peer_output_bytes_max = settings.memory.peer_output_bytes,
          .limits = {}};
}

std::uint64_t seed_of_this_process() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32U) | entropy();
}

}  // namespace

Daemon::Daemon(DaemonSettings settings, Log& log)
    : settings_(std::move(settings)),
      log_(log),
      random_(seed_of_this_process()),
      turn_(loop_),
      wakeup_(loop_, [this] { on_lane_woke_us(); }),
      node_timer_(loop_, clock_, [this] { node_->on_timer(); }),
      drain_timer_(loop_, clock_,
                   [this] {
                     log_.warning("some requests did not end within the drain's time");
                     loop_.stop();
                   }),
      disk_timer_(loop_, clock_, [this] { look_at_disk(); }),
      memory_timer_(loop_, clock_, [this] { look_at_memory(); }),
      loop_lag_(loop_, clock_),
      disk_(settings_.data_dir, settings_.disk_limits, log_),
      memory_relief_(settings_.memory.sum()),
      transport_({.loop = loop_,
                  .turn = turn_,
                  .clock = clock_,
                  .log = log_,
                  .random = random_.fork("transport")},
                 *this, transport_options(settings_)),
      routes_([this] { return health(); }, [this] { return metrics(); }),
      http_service_(routes_, {.clock = clock_,
                              .requests = transport_.request_budget(),
                              .answers = transport_.answer_budget(),
                              .ask =
                                  [this](const ClientHandle& client, ClientRequest request) {
                                    on_client_request(client, std::move(request));
                                  },
                              .random = random_.fork("http")}),
      http_(loop_, turn_, clock_,
            [this](ByteStream& stream) {
              return std::make_unique<HttpConnection>(http_service_, stream);
            },
            {.connections_max = settings_.memory.http_clients}),
      answers_(transport_, http_service_),
      terminate_(loop_, SIGTERM, [this] { begin_drain(); }),
      interrupt_(loop_, SIGINT, [this] { begin_drain(); }) {}

// The listeners come first: a port in use is known before anything is written. Whoever calls in
// the meantime waits in the kernel until run().
Status Daemon::start() {
  STARLING_RETURN_IF_ERROR(transport_.listen(settings_.listen));
  STARLING_RETURN_IF_ERROR(http_.listen(settings_.http));
  STARLING_RETURN_IF_ERROR(open_store());
  STARLING_RETURN_IF_ERROR(recall_founding());
  const MachineMemory memory;
  node_ =
      std::make_unique<Node>(node_options(), settings_.cluster,
                             NodeHost{.clock = clock_,
                                      .transport = answers_,
                                      .storage = *engine_,
                                      .log = log_,
                                      .random = random_.fork("node"),
                                      .last_counted = memory.recall(settings_.data_dir),
                                      .remember_counted = [memory, directory = settings_.data_dir](
                                                              const BootAnnouncement& start) {
                                        memory.remember(directory, start);
                                      }});
  STARLING_RETURN_IF_ERROR(node_->start());
  if (settings_.waits_to_join && node_->configuration() != nullptr) {
    STARLING_RETURN_IF_ERROR(check_joined_address(settings_, *node_->configuration()));
  }
  follow_members();
  look_at_disk();
  look_at_memory();
  loop_lag_.start();
  transport_.start(node_->hello());
  turn_.before_sleep([this] { before_sleep(); });
  log_.info("ready: '" + settings_.name + "' of cluster '" + settings_.cluster.cluster +
            "' listens at " + settings_.listen.to_text() + ", HTTP at " + settings_.http.to_text() +
            ", data in " + settings_.data_dir);
  notify_service(settings_.notify_socket, "READY=1\nSTATUS=the store is open");
  return Status::success();
}

Status Daemon::run() {
  STARLING_CHECK(node_ != nullptr);
  loop_.run();
  transport_.close();
  http_.close();
  if (outcome_.ok()) log_.info("stopped");
  return outcome_;
}

Status Daemon::open_store() {
  STARLING_RETURN_IF_ERROR(prepare_data_directory(settings_.data_dir));
  LevelDbEngineOptions options{
      .database = {.directory = store_directory(settings_.data_dir),
                   .block_cache_bytes = settings_.memory.block_cache_bytes,
                   .write_buffer_bytes = settings_.memory.write_buffer_bytes}};
  // Behind a crash on a full disk the ballast is what makes a start possible.
  PosixFiles files;
  static_cast<void>(disk_.provide(bytes_to_open(options.database.directory, files)));
  if (settings_.durability == DurabilityMode::Interval) options.sync_interval = kSyncInterval;
  STARLING_ASSIGN_OR_RETURN(opened, engine_, LevelDbEngine::open(options, *this));
  if (!engine_->told().empty()) log_.warning("the store was opened again: " + engine_->told());
  return Status::success();
}

// The transport hears of the founders here, for only the store knows who they are.
Status Daemon::recall_founding() {
  STARLING_ASSIGN_OR_RETURN(
      read, const std::optional<FoundingConfig> stored,
      read_founding(*engine_, {.cluster = settings_.cluster.cluster, .member = settings_.name}));
  // Without the list this node would found a cluster of its own, alone and sure of itself.
  if (!stored.has_value() && settings_.founding.founders.empty() &&
      holds_store_set_aside(settings_.data_dir)) {
    return {StatusCode::Usage, "the store in '" + settings_.data_dir +
                                   "' was set aside and the one in its place is empty: name the "
                                   "members with --initial-cluster, as when it was founded"};
  }
  if (stored.has_value()) {
    STARLING_ASSIGN_OR_RETURN(recalled, settings_.cluster, recalled_cluster(settings_, *stored));
    settings_.waits_to_join = stored->founders.empty();
    settings_.founding.founders = "the store's memory";
  }
  if (settings_.waits_to_join) return Status::success();
  for (const RingMember& founder : settings_.cluster.founders) {
    transport_.add_member({.id = founder.id, .name = founder.name, .address = founder.address});
  }
  return Status::success();
}

// Whoever was joined is dialled by those who know of it, and so are the others by whoever was
// joined.
void Daemon::follow_members() {
  const Configuration* const adopted = node_->configuration();
  if (adopted == nullptr || adopted->epoch == followed_) return;
  followed_ = adopted->epoch;
  for (const ConfigMember& member : adopted->members) {
    transport_.add_member(
        {.id = member.member.id, .name = member.member.name, .address = member.member.address});
  }
  transport_.greet_with(node_->hello());
}

NodeOptions Daemon::node_options() const {
  return {.name = settings_.name,
          .http_address = settings_.http.to_text(),
          .data_dir = settings_.data_dir,
          .waits_to_join = settings_.waits_to_join,
          .durability = settings_.durability,
          .record_cache_bytes_max = settings_.memory.record_cache_bytes,
          .commit_queue_bytes_max = settings_.memory.commit_queue_bytes,
          .operation_bytes_max = settings_.memory.operation_bytes,
          .draining_bytes_max = settings_.memory.draining_bytes,
          .waiting_reply_bytes_max = settings_.memory.waiting_reply_bytes,
          .listings_max = settings_.memory.listings,
          .replays_max = settings_.memory.replays,
          .hint_bytes_max = settings_.hint_bytes_max,
          .slow_request = settings_.slow_request};
}

Health Daemon::health() const {
  if (draining_) return {.serving = false, .because = "this node is being stopped"};
  const Readiness readiness = node_->readiness();
  return {.serving = readiness.ready, .because = readiness.because, .note = readiness.note};
}

std::string Daemon::metrics() const {
  const NodeReport report = node_->report();
  const StorageMetrics storage = engine_->metrics();
  const TransportReport transport = transport_.report();
  return metrics_page({.node = node_->metrics(),
                       .report = report,
                       .storage = storage,
                       .commit_queue_bytes = engine_->queued_bytes(),
                       .transport = transport,
                       .http = http_service_.metrics(),
                       .http_connections = http_service_.connections(),
                       .loop_lag = loop_lag_.lags(),
                       .resident_bytes = resident_bytes().value_or(0),
                       .disk = disk_.space()});
}

void Daemon::on_peer_message(NodeId from, PeerMessage message) {
  node_->on_peer_message(from, std::move(message));
}

void Daemon::on_client_request(const ClientHandle& client, ClientRequest request) {
  node_->on_client_request(client, std::move(request));
}

void Daemon::on_lane_woke_us() {
  const LaneCompletions completions = engine_->drain_completions();
  node_->on_committed(completions.through, completions.status);
  if (completions.status.ok()) return;
  if (completions.status.code() == StatusCode::DiskFull) {
    store_stopped_ = true;
    return;
  }
  outcome_ = {StatusCode::Failure, "the store in '" + settings_.data_dir +
                                       "' failed: " + completions.status.message() +
                                       "; look after the disk, then start this node again"};
}

void Daemon::look_at_disk() {
  disk_timer_.arm(clock_.now() + kDiskInterval);
  DiskGuard::Report found = disk_.look();
  node_->on_store_condition(found.condition, std::move(found.explanation));
  if (store_stopped_) reopen_store();
}

void Daemon::look_at_memory() {
  memory_timer_.arm(clock_.now() + MemoryRelief::kInterval);
  memory_relief_.look();
}

void Daemon::reopen_store() {
  if (!disk_.provide(engine_->reopen_bytes())) return;
  const Status reopened = engine_->reopen();
  if (reopened.ok()) {
    store_stopped_ = false;
    return node_->on_store_reopened();
  }
  // Somebody else was quicker to fill what was free; the next look may find more.
  if (reopened.code() == StatusCode::DiskFull) return;
  outcome_ = {StatusCode::Failure, "the store in '" + settings_.data_dir +
                                       "' could not be opened again: " + reopened.message()};
}

// Once a turn: everything that happened in it has been handled and sent.
void Daemon::before_sleep() {
  if (node_->must_set_store_aside() && outcome_.ok()) {
    must_set_store_aside_ = true;
    outcome_ = {StatusCode::Failure, "the store in '" + settings_.data_dir +
                                         "' is an old copy: two members remember later starts"};
  }
  if (node_->is_broken() && outcome_.ok()) {
    outcome_ = {StatusCode::Failure, "the store in '" + settings_.data_dir +
                                         "' failed; look after the disk, then start again"};
  }
  if (!outcome_.ok() || (draining_ && drained())) return loop_.stop();
  follow_members();
  const std::optional<Instant> deadline = node_->next_deadline();
  if (!deadline.has_value()) return node_timer_.disarm();
  // An earlier alarm costs less than setting it anew in every turn: on_timer() looks for itself.
  if (!node_timer_.armed() || *deadline < node_timer_.deadline()) node_timer_.arm(*deadline);
}

void Daemon::begin_drain() {
  if (draining_) return loop_.stop();  // asked twice: at once
  draining_ = true;
  log_.info("stopping: no new connections; what is under way is finished first");
  notify_service(settings_.notify_socket, "STOPPING=1\nSTATUS=finishing what is under way");
  transport_.stop_accepting();
  node_->begin_drain();
  drain_timer_.arm(clock_.now() + kDrainMax);
}

bool Daemon::drained() const {
  return node_->drained() && engine_->queued_bytes() == 0 && transport_.queued_bytes() == 0 &&
         http_.queued_bytes() == 0;
}

}  // namespace starling
