#include "sim/simulation.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "node/node.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "sim/checkers.h"
#include "sim/detector_drill.h"
#include "sim/event_queue.h"
#include "sim/fault_driver.h"
#include "sim/fault_plan.h"
#include "sim/history.h"
#include "sim/leaf_truth.h"
#include "sim/mark_board.h"
#include "sim/monitors.h"
#include "sim/patience.h"
#include "sim/settlement.h"
#include "sim/sim_client.h"
#include "sim/sim_cluster.h"
#include "sim/sim_network.h"
#include "sim/sim_operator.h"
#include "sim/store_view.h"
#include "sim/trace.h"
#include "sim/violation.h"
#include "sim/witness.h"
#include "version/context_codec.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// All nodes start within this; the first requests find some of them still introducing themselves.
constexpr Duration kStartSpread = milliseconds(300);
constexpr Duration kFirstRequest = milliseconds(600);
// One bucket; the keys' names are what timelines are asked for by.
History empty_history(const FaultPlan& plan) {
  History history;
  history.replicas = plan.shape.replicas_in_force();
  for (std::uint32_t key = 0; key < plan.workload.keys; ++key) {
    history.keys.push_back({{"simulated", "k" + std::to_string(key)}, {}});
  }
  return history;
}

class Run {
 public:
  explicit Run(const RunOptions& options);
  [[nodiscard]] RunResult finish();

 private:
  void start_everything();
  void drain();
  template <typename Condition>
  void await(const Condition& condition, Duration longest);
  void await_readiness();
  void spread_word();
  void check_epochs();
  void await_mending();
  void await_agreement();
  void compare_by_order(bool dry_run);
  void read_every_key_in_peace();
  void read_every_key();
  void audit_stores();
  void check_leaves();
  void compare_replicas_of(std::uint32_t key);
  void judge();
  [[nodiscard]] bool clients_idle() const;
  void accuse(const char* checker, const std::string& key, std::string text);
  void reach_network_marks();

  RunOptions options_;
  Random random_;
  FaultPlan plan_;
  EventQueue events_;
  Trace trace_;
  MarkBoard marks_;
  History history_;
  SimCluster cluster_;
  Witness witness_;
  Monitors monitors_;
  StoreView stores_;
  FaultDriver driver_;
  ClientWorld clients_world_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  SimOperator operator_;
  DetectorDrill drill_;
  Settlement settlement_;
  std::vector<SiblingSet> final_records_;
  std::vector<Violation> violations_;
};

Run::Run(const RunOptions& options)
    : options_(options),
      random_(options.seed),
      plan_(draw_plan(options.seed, options.scenario, options.engine)),
      trace_(options.recording),
      history_(empty_history(plan_)),
      cluster_(plan_, options.planted, {events_, trace_, marks_}, random_),
      witness_(history_),
      monitors_(cluster_, history_, witness_, marks_,
                {plan_.may_lose_acknowledged(), plan_.destroys_a_disk() ? 1U : 0U,
                 plan_.bounds.hint_bytes_max}),
      stores_(cluster_, history_, monitors_),
      driver_(plan_, events_, cluster_, trace_),
      clients_world_{plan_.workload,
                     events_,
                     cluster_,
                     history_,
                     trace_,
                     marks_,
                     ContextCodec(context_key(cluster_.config())),
                     {},
                     false},
      operator_(events_, cluster_, marks_, random_.fork("operator")),
      drill_(events_, cluster_, monitors_, marks_, random_.fork("drill")),
      settlement_(events_, cluster_, monitors_, marks_),
      final_records_(history_.keys.size()) {
  cluster_.watch_with(monitors_);
  cluster_.observe_replies([this](std::uint64_t request, const ClientReply& reply) {
    const auto* const put = std::get_if<PutReply>(&reply);
    if (put == nullptr) return;
    const Operation& operation = history_.operations.at(request);
    const KeyAddress& address = history_.keys.at(operation.key).address;
    const Result<VectorClock> clock =
        clients_world_.codec.decode(address.bucket, address.key, put->context);
    if (clock.ok()) monitors_.on_put_reply(operation, *clock);
  });
  cluster_.observe_configurations([this](const Configuration& configuration) {
    const auto adopted = [this](NodeId node) {
      const std::optional<std::uint32_t> index = cluster_.index_of(node);
      return index.has_value() ? cluster_.member(*index).ring()->epoch() : Epoch{};
    };
    history_.note_rows(configuration, cluster_.newest_ring(), adopted, events_.now());
  });
  for (std::uint32_t client = 0; client < plan_.workload.clients; ++client) {
    clients_.push_back(
        std::make_unique<SimClient>(clients_world_, client, random_.fork("client", client)));
  }
}

RunResult Run::finish() {
  start_everything();
  events_.run_until(Instant(plan_.safety));
  clients_world_.stopped = true;
  operator_.stop();
  driver_.heal();
  drain();
  settlement_.await_return();
  await_readiness();
  drill_.await_all_up();
  // What is still to be repeated comes before the last look.
  if (plan_.network.replay_ppm > 0) events_.run_until(events_.now() + plan_.network.replay_max);
  if (plan_.rots_records()) await_mending();
  // A record that rotted, and that nobody else holds, stops a filling for good.
  if (!plan_.rots_records()) settlement_.await_fills();
  settlement_.await_hints();
  settlement_.await_departures(plan_.rots_records() ? Settlement::Records::Rotted
                                                    : Settlement::Records::Sound);
  settlement_.await_removals();
  await_agreement();
  read_every_key_in_peace();
  audit_stores();
  check_leaves();
  for (std::uint32_t key = 0; key < history_.keys.size(); ++key) compare_replicas_of(key);
  drill_.maybe_end_one();
  judge();
  reach_network_marks();
  RunResult result;
  result.seed = options_.seed;
  result.scenario = options_.scenario;
  result.plan = plan_.describe();
  result.nodes = plan_.shape.all_nodes();
  result.nodes_on_leveldb = plan_.shape.nodes_on_leveldb();
  result.hash = trace_.hash();
  result.simulated = events_.now().time_since_epoch();
  result.events = events_.executed();
  result.operations = history_.operations.size();
  result.acknowledged = static_cast<std::uint64_t>(
      std::count_if(history_.operations.begin(), history_.operations.end(),
                    [](const Operation& operation) { return operation.succeeded(); }));
  result.faults = driver_.injected();
  result.marks = std::move(marks_);
  if (!violations_.empty() && trace_.wants_words()) {
    result.timeline = trace_.timeline_of(violations_.front().key);
  }
  result.violations = std::move(violations_);
  return result;
}

void Run::start_everything() {
  Random starts = random_.fork("starts");
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    events_.after(starts.between(Duration(0), kStartSpread),
                  [this, node] { cluster_.start(node); });
  }
  events_.after(kFirstRequest, [this] {
    for (const auto& client : clients_) client->begin();
  });
  driver_.begin();
  operator_.begin();
}

bool Run::clients_idle() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->is_idle(); });
}

void Run::drain() {
  const Instant limit = events_.now() + kDrainMax;
  while (!clients_idle() && events_.run_next(limit)) {
  }
}

template <typename Condition>
void Run::await(const Condition& condition, Duration longest) {
  const Instant limit = events_.now() + longest;
  while (!condition() && events_.now() < limit)
    events_.run_until(events_.now() + milliseconds(250));
}

void Run::await_readiness() {
  Epoch last;
  Instant last_since = events_.now();
  const auto all_ready = [&, this] {
    if (cluster_.newest_epoch() != last) {
      last = cluster_.newest_epoch();
      last_since = events_.now();
    }
    if (cluster_.has_aims() && events_.now() < last_since + kStepsApart) return false;
    return cluster_.are_all_ready();
  };
  await(all_ready, kDrainMax + kReadyMax + kChangesMax);
  spread_word();
  check_epochs();
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    if (cluster_.is_written_off(node) || cluster_.is_ready(node)) continue;
    const Node* const running = cluster_.member(node).node();
    accuse("not-ready", "",
           cluster_.member(node).name() + " is not ready long after all was healed: " +
               (running == nullptr ? "it does not run" : running->readiness().because));
  }
}

// Rows on their way may take a step in this time: word of that one takes as long again.
void Run::spread_word() {
  const Instant limit = events_.now() + kChangesMax;
  Epoch told;
  do {
    told = cluster_.newest_epoch();
    events_.run_until(events_.now() + kWordOfMouth);
  } while (cluster_.newest_epoch() != told && events_.now() < limit);
}

// One whose disk was lost is told like the others.
void Run::check_epochs() {
  const Epoch newest = cluster_.newest_epoch();
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const Epoch adopted = cluster_.member(node).ring()->epoch();
    if (adopted == newest || cluster_.knows_that_it_is_none(node)) continue;
    accuse("not-current", "",
           cluster_.member(node).name() + " is at epoch " + std::to_string(adopted.value) +
               " long after all was healed, and others are at epoch " +
               std::to_string(newest.value));
  }
}

// A node notices its damage when it looks at it; a read makes every replica look. From then on no
// client has anything to do with it.
void Run::await_mending() {
  SimClient reader(clients_world_, plan_.workload.clients + 1, random_.fork("noticing reader"));
  for (std::uint32_t key = 0; key < history_.keys.size(); ++key) {
    for (const std::uint32_t node : stores_.owners_of(key)) {
      if (!cluster_.is_written_off(node)) reader.read_at(node, key, 1);
    }
  }
  events_.run_until(events_.now() + kMendMax);
}

// Nobody reads: what replicas lack they must find by themselves, or because they are told to.
void Run::await_agreement() {
  if (stores_.first_disagreement().has_value())
    marks_.reach("repair: replicas differed after the faults");
  // Where records rot one that can not be read may stand under a sum that is right.
  const bool orders = !plan_.rots_records();
  if (orders && random_.fork("order").below(2) == 0) compare_by_order(false);
  await([this] { return !stores_.first_disagreement().has_value(); },
        2 * plan_.repair_cycle + kAgreeMax);
  const std::optional<std::uint32_t> key = stores_.first_disagreement();
  if (!key.has_value()) return orders ? compare_by_order(true) : void();
  accuse("not-repaired", history_.keys.at(*key).address.key,
         "replicas hold different values long after all was healed, and nobody had read them");
}

// A real run leaves no difference behind, and a dry one finds none where there is none.
void Run::compare_by_order(bool dry_run) {
  const bool differed = stores_.first_disagreement().has_value();
  const std::optional<ClusterRepairReply> report = operator_.compare(dry_run, kOrderMax);
  if (!report.has_value()) return accuse("order-unfinished", "", "a repair by order did not end");
  events_.run_until(events_.now() + seconds(1));
  if (report->progress.failed > 0) return;
  const std::optional<std::uint32_t> key = stores_.first_disagreement();
  if (!dry_run && key.has_value()) {
    accuse("order-left-differences", history_.keys.at(*key).address.key,
           "replicas differ behind a repair that says that all were compared");
  } else if (dry_run && report->progress.keys_differing > 0) {
    accuse("order-false-difference", "", "a dry run found keys that differ where none does");
  } else if (differed) {
    marks_.reach("repair: an order made replicas equal");
  }
}

// An error that a disk had before comes out with the first write behind it, be it a repair of these
// reads: then the node steps aside, and is asked again when it is back.
void Run::read_every_key_in_peace() {
  const auto starts = [this] {
    std::vector<std::uint64_t> boots(cluster_.size());
    for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
      boots[node] = cluster_.boot_of(node);
    }
    return boots;
  };
  const std::vector<std::uint64_t> before = starts();
  read_every_key();
  if (starts() == before) return;
  await_readiness();
  read_every_key();
}

void Run::read_every_key() {
  SimClient reader(clients_world_, plan_.workload.clients, random_.fork("reader"));
  const std::size_t first = history_.operations.size();
  Random nodes = random_.fork("reader's nodes");
  for (std::uint32_t key = 0; key < history_.keys.size(); ++key) {
    auto node = static_cast<std::uint32_t>(nodes.below(cluster_.size()));
    while (cluster_.is_written_off(node)) node = (node + 1) % cluster_.size();
    reader.read_at(node, key, stores_.trusted(key) - stores_.unreadable(key));
    // One after the other: where bounds are tiny, two reads may be one too many.
    const Instant limit = events_.now() + kDrainMax;
    while (!reader.is_idle() && events_.run_next(limit)) {
    }
    // And what it repairs behind its answer has the queues for itself.
    events_.run_until(events_.now() + kRepairPause);
  }
  for (std::size_t i = first; i < history_.operations.size(); ++i) {
    const Operation& read = history_.operations.at(i);
    if (read.succeeded()) continue;
    accuse("not-readable", history_.keys.at(read.key).address.key,
           describe_request(read) + " failed though all is healed: " + describe_answer(read));
  }
  events_.run_until(events_.now() + kRepairMax);
}

void Run::audit_stores() {
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const std::optional<std::string> lie = cluster_.member(node).audit();
    if (lie.has_value()) accuse("store-lost-synced", "", cluster_.member(node).name() + *lie);
  }
}

void Run::check_leaves() {
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    const SimMember& member = cluster_.member(node);
    for (const std::string& wrong :
         untrue_leaves(member.disk().visible(), cluster_.newest_ring())) {
      accuse("untrue-leaf", "", member.name() + ": " + wrong);
    }
  }
}

void Run::compare_replicas_of(std::uint32_t key) {
  const std::string& name = history_.keys.at(key).address.key;
  std::optional<SiblingSet> first;
  for (const std::uint32_t node : stores_.owners_of(key)) {
    if (cluster_.is_written_off(node)) continue;
    const std::string& owner = cluster_.member(node).name();
    const std::optional<SiblingSet> record = stores_.record_at(node, key);
    if (!record.has_value()) {
      if (stores_.unreadable(key) > 0) {
        marks_.reach("mend: nobody could");
        continue;
      }
      accuse("record-unreadable", name, owner + "'s record can not be read");
      continue;
    }
    trace_.fold(events_.now(), node, read_digest(*record).low);
    if (!first.has_value()) first = record;
    if (*first != *record) {
      accuse("diverged", name,
             owner + " holds " + to_text(record->clock()) + ", another replica " +
                 to_text(first->clock()) + ", after a read of all of them");
    }
    if (!final_records_.at(key).sync(*record)) {
      accuse("one-dot-one-value", name, "two replicas hold one dot with two values");
    }
  }
}

void Run::judge() {
  const Evidence evidence{history_,
                          witness_,
                          final_records_,
                          plan_.may_lose_acknowledged(),
                          plan_.destroys_a_disk(),
                          plan_.rots_records()};
  const auto add = [this](const std::vector<Violation>& found) {
    violations_.insert(violations_.end(), found.begin(), found.end());
  };
  // What was seen while it happened explains more than what followed from it.
  const std::vector<Violation> late = std::exchange(violations_, {});
  add(monitors_.epochs().violations());
  add(monitors_.repairs().violations());
  add(monitors_.fills().violations());
  add(monitors_.detectors().violations());
  add(drill_.violations());
  add(settlement_.violations());
  add(monitors_.violations());
  add(clients_world_.violations);
  add(check_all(evidence));
  add(late);
}

void Run::accuse(const char* checker, const std::string& key, std::string text) {
  violations_.push_back({checker, key, std::move(text)});
}

void Run::reach_network_marks() {
  const SimNetwork::Counters& seen = cluster_.network().counters();
  marks_.reach("network: a message was lost", seen.lost);
  marks_.reach("network: a message was doubled", seen.duplicated);
  marks_.reach("network: a message was overtaken", seen.overtaken);
  marks_.reach("network: a message was repeated", seen.replayed);
  marks_.reach("network: a cut held messages back", seen.held);
  if (seen.undecodable > 0) accuse("codec", "", "a message could not be decoded again");
}

}  // namespace

RunResult run(const RunOptions& options) {
  Run run(options);
  return run.finish();
}

}  // namespace starling::sim
