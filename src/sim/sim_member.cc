#include "sim/sim_member.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "env/transport.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "node/node.h"
#include "replica/key_layout.h"
#include "ring/configured_ring.h"
#include "ring/ring.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "sim/sim_leveldb_store.h"
#include "sim/sim_map_store.h"
#include "sim/sim_storage.h"
#include "sim/sim_store.h"
#include "storage/log_reading.h"

namespace starling::sim {
namespace {

// Store keys begin with a partition's number, which is small.
constexpr std::string_view kBehindAllKeys = "\xff\xff\xff\xff";
// How often a host looks at the room on its disk.
constexpr Duration kSpaceInterval = std::chrono::seconds(1);

Status power_is_gone() {
  return {StatusCode::Failure, "the machine lost its power meanwhile"};
}

}  // namespace

class MemberTransport final : public Transport {
 public:
  MemberTransport(SimMember::World& world, std::uint32_t index) : world_(world), index_(index) {}

  void send(std::span<const NodeId> to, const PeerMessage& message) override {
    for (const NodeId node : to) world_.send_to_peer(index_, node, message);
  }
  [[nodiscard]] bool crowded(NodeId peer) const override { return world_.is_crowded(index_, peer); }
  void reply(const ClientHandle& client, ClientReply reply) override {
    world_.reply_to_client(index_, client, std::move(reply));
  }

 private:
  SimMember::World& world_;
  std::uint32_t index_;
};

class MemberLog final : public Log {
 public:
  MemberLog(SimMember::World& world, std::uint32_t index) : world_(world), index_(index) {}

  void write(LogLevel level, std::string_view text) override { world_.on_log(index_, level, text); }

 private:
  SimMember::World& world_;
  std::uint32_t index_;
};

namespace {

// What is there while a store is opened again, and behind an open that failed.
class ClosedStore final : public SimStore {
 public:
  explicit ClosedStore(const SimFileFaults& faults) : faults_(faults) {}

  Result<std::optional<std::string>> get(std::string_view /*key*/) override { return closed(); }
  Status scan(std::string_view /*from*/, std::string_view /*to*/,
              const StorageEngine::Visitor& /*visit*/) override {
    return closed();
  }
  Status write(const Batches& /*group*/, CommitDemand /*demand*/) override { return closed(); }
  void die(const Batches& /*group*/, Random& /*random*/) override {}
  [[nodiscard]] bool has_background() const override { return false; }
  void run_background() override {}
  [[nodiscard]] bool is_struck() const override { return faults_.is_struck(); }

 private:
  static Status closed() { return {StatusCode::DiskFull, "the simulated store is closed"}; }

  const SimFileFaults& faults_;
};

}  // namespace

// What a process loses when it ends.
struct SimMember::Process {
  Process(SimMember& member, std::unique_ptr<SimStore> opened, const Random& random)
      : transport(member.world_, member.setup_.index),
        log(member.world_, member.setup_.index),
        store(std::move(opened)),
        storage(*store, member.host_of_storage(), random.fork("storage"), member.disk_speed_),
        node(member.setup_.options, member.setup_.config,
             NodeHost{.clock = member.clock_,
                      .transport = transport,
                      .storage = storage,
                      .log = log,
                      .random = random.fork("node"),
                      .last_counted = member.last_counted_,
                      .remember_counted = [&member](const BootAnnouncement& start) {
                        member.last_counted_ = start;
                      }}) {}

  MemberTransport transport;
  MemberLog log;
  std::unique_ptr<SimStore> store;
  SimStorage storage;
  Node node;
  std::optional<Instant> timer;  // the earliest that is armed, in virtual time
};

SimMember::SimMember(Setup setup, EventQueue& events, World& world, const Random& random)
    : setup_(std::move(setup)),
      id_(node_id_of(setup_.options.name)),
      events_(events),
      world_(world),
      random_(random),
      clock_(events, setup_.clock_error),
      disk_speed_(setup_.disk_speed),
      ring_(provisional_ring(setup_.config)) {}

SimMember::~SimMember() = default;

Status SimMember::start() {
  STARLING_CHECK(process_ == nullptr);
  ++boots_;
  paused_until_ = events_.now();
  Result<std::unique_ptr<SimStore>> opened = open_store(random_.fork("store", boots_));
  if (!opened.ok()) {
    end_process(faults_.is_struck() ? Power::Fails : Power::Stays);
    return opened.status();
  }
  process_ =
      std::make_unique<Process>(*this, std::move(opened).value(), random_.fork("boot", boots_));
  if (const std::optional<std::string> lie = audit(); lie.has_value()) {
    world_.on_store_lied(setup_.index, *lie);
  }
  Status started = process_->node.start();
  if (is_struck()) started = power_is_gone();
  if (!started.ok()) {
    end_process(is_struck() ? Power::Fails : Power::Stays);
    return started;
  }
  look_at_ring();
  if (condition_ != StoreCondition::Roomy) report_condition();
  settle();
  return started;
}

Result<std::unique_ptr<SimStore>> SimMember::open_store(const Random& random) {
  if (setup_.engine == SimEngine::Map) {
    return std::unique_ptr<SimStore>(std::make_unique<SimMapStore>(disk_, faults_, random));
  }
  Result<std::unique_ptr<SimLevelDbStore>> opened = SimLevelDbStore::open(
      {files_, faults_, events_}, disk_, random,
      {.planted = setup_.options.planted, .machine_start = std::to_string(machine_starts_)});
  // LevelDB does not mind when it can not sweep old files.
  const bool struck = faults_.is_struck();
  if (opened.ok() && !struck) return std::unique_ptr<SimStore>(std::move(opened).value());
  return opened.ok() ? power_is_gone() : opened.status();
}

SimStorage::Host SimMember::host_of_storage() {
  const std::uint64_t boot = boots_;
  SimStorage::Host host;
  host.now = [this] { return events_.now(); };
  host.later = [this, boot](Duration delay, EventQueue::Action action) {
    events_.after(delay, [this, boot, action = std::move(action)] {
      if (this->boot() == boot && !is_struck()) action();
    });
  };
  host.completed = [this](CommitTicket through, const Status& status) {
    perform([through, status](Node& node) { node.on_committed(through, status); });
    if (status.code() == StatusCode::DiskFull) reopen_later();
  };
  host.observed = [this](const SimStore::Batches& group) { world_.on_group(setup_.index, group); };
  host.struck = [this] { world_.on_struck(setup_.index); };
  return host;
}

bool SimMember::is_struck() const {
  return process_ != nullptr && process_->store->is_struck();
}

void SimMember::stop(Power power) {
  if (process_ == nullptr) return;
  process_->storage.abandon();
  end_process(power);
}

void SimMember::end_process(Power power) {
  process_.reset();
  backlog_.clear();
  faults_.call_off_strike();
  // A disk that fails is looked after before the next start.
  faults_.spare_writes();
  if (power == Power::Fails) lose_power();
}

void SimMember::lose_power() {
  last_counted_.reset();  // it lay in the machine's memory
  Random random = random_.fork("survivors", boots_);
  if (setup_.engine == SimEngine::Map) {
    return disk_.lose_power(random.below(disk_.unsynced_batches() + 1));
  }
  ++machine_starts_;
  disk_.lose_power_unseen();
  const bool strict = random.below(2) == 0;
  const bool cut = random.below(2) == 0;
  files_.lose_power({.order = strict ? DirectoryOrder::Strict : DirectoryOrder::InOrder,
                     .tail = cut ? FileTail::Cut : FileTail::Garbage},
                    random);
}

void SimMember::pause(Duration lasting) {
  if (process_ == nullptr) return;
  paused_until_ = std::max(paused_until_, events_.now() + lasting);
  events_.at(paused_until_, [this] { end_pause(); });
}

void SimMember::end_pause() {
  if (events_.now() < paused_until_) return;  // a longer one began meanwhile
  if (is_struck()) return;
  for (const std::function<void(Node&)>& event : std::exchange(backlog_, {})) {
    if (process_ == nullptr) return;
    event(process_->node);
    look_at_ring();  // what the next event says belongs to the ring that this one adopted
  }
  if (process_ != nullptr) settle();
}

void SimMember::set_disk_speed(SimStorage::Speed speed) {
  disk_speed_ = speed;
  if (process_ != nullptr) process_->storage.set_speed(speed);
}

void SimMember::fail_commits(std::uint64_t how) {
  if (process_ == nullptr) return;
  const auto drawn = static_cast<WriteFault>(1 + (how % (kWriteFaults - 1)));
  // A full disk is a fault of its own, which a node survives.
  faults_.fail_writes(drawn == WriteFault::ShortAppend ? WriteFault::SyncFails : drawn);
}

void SimMember::run_short(Shortage shortage) {
  if (shortage == Shortage::CommitsFail) {
    // The disk ran full within the second between two looks at it.
    if (process_ != nullptr) faults_.fail_writes(WriteFault::ShortAppend);
    return;
  }
  condition_ = shortage == Shortage::Tight ? StoreCondition::Tight : StoreCondition::Full;
  report_condition();
}

void SimMember::make_room() {
  if (faults_.write_fault() == WriteFault::ShortAppend) faults_.spare_writes();
  condition_ = StoreCondition::Roomy;
  report_condition();
}

void SimMember::report_condition() {
  perform([condition = condition_](Node& node) {
    const bool roomy = condition == StoreCondition::Roomy;
    node.on_store_condition(condition, roomy ? "" : "the simulated disk has little space");
  });
}

void SimMember::reopen_later() {
  events_.after(kSpaceInterval, [this, boot = boots_] {
    if (this->boot() != boot || is_struck() || !process_->storage.is_stopped()) return;
    const bool full = faults_.write_fault() == WriteFault::ShortAppend;
    if (full || events_.now() < paused_until_) return reopen_later();
    reopen_store();
  });
}

void SimMember::use_store(std::unique_ptr<SimStore> store) {
  process_->storage.reopen(*store);
  process_->store = std::move(store);
}

void SimMember::reopen_store() {
  // The old one is closed before: both would write to the same files.
  use_store(std::make_unique<ClosedStore>(faults_));
  Result<std::unique_ptr<SimStore>> opened = open_store(random_.fork("reopened store", ++reopens_));
  if (faults_.is_struck()) return world_.on_struck(setup_.index);
  if (!opened.ok()) return world_.on_broken(setup_.index);
  use_store(std::move(opened).value());
  if (const std::optional<std::string> lie = audit(); lie.has_value()) {
    world_.on_store_lied(setup_.index, *lie);
  }
  perform([](Node& node) { node.on_store_reopened(); });
}

bool SimMember::strike_after(std::uint64_t calls) {
  if (setup_.engine == SimEngine::Map) return false;
  faults_.strike_after(calls);
  return true;
}

void SimMember::heal_damage() {
  disk_.heal_damage();
  faults_.heal_damage();
}

void SimMember::damage_reads(Random random) {
  if (setup_.engine == SimEngine::LevelDb) return damage_files(random);
  std::vector<std::string> records;
  for (const auto& [key, value] : disk_.visible()) {
    if (parse_record_store_key(key).ok() && random.below(2) == 0) records.push_back(key);
  }
  for (std::string& key : records) {
    disk_.damage(std::move(key), random.below(2) == 0 ? Damage::Unreadable : Damage::FlippedByte);
  }
}

void SimMember::rot_records(Random random) {
  if (setup_.engine == SimEngine::LevelDb) return;
  std::vector<std::string> records;
  for (const auto& [key, value] : disk_.visible()) {
    if (parse_record_store_key(key).ok() && random.below(2) == 0) records.push_back(key);
  }
  for (const std::string& key : records) disk_.rot(key, random);
}

// In half of the cases one block of a table holds what belongs to another.
void SimMember::misdirect_block(Random random) {
  std::vector<FileId> tables;
  for (const std::string& name : files_.names()) {
    const FileId file = files_.find(name).value_or(FileId{});
    const bool has_block = files_.bytes(file).size() >= SimFileFaults::kBlockBytes;
    if (name.ends_with(".ldb") && has_block) tables.push_back(file);
  }
  if (tables.empty() || random.below(2) == 0) return;
  const auto draw_block = [this, &random](FileId file) {
    return random.below(files_.bytes(file).size() / SimFileFaults::kBlockBytes);
  };
  const FileId astray = tables.at(random.below(tables.size()));
  const FileId other = tables.at(random.below(tables.size()));
  const std::size_t from = draw_block(other) * SimFileFaults::kBlockBytes;
  faults_.misdirect(astray, draw_block(astray),
                    std::string(files_.bytes(other).substr(from, SimFileFaults::kBlockBytes)));
}

void SimMember::damage_files(Random random) {
  misdirect_block(random.fork("misdirected block"));
  for (const std::string& name : files_.names()) {
    const FileId file = files_.find(name).value_or(FileId{});
    const std::string_view stored = files_.bytes(file);
    // A wrong bit in the last record of a log is not told from a tail that power loss tore.
    const bool is_table = name.ends_with(".ldb");
    const std::size_t bytes =
        is_table ? stored.size() : read_log(stored, LogContent::Leave).last_record;
    if (bytes == 0 || random.below(2) == 0) continue;
    for (std::uint64_t places = random.between(1, 3); places > 0; --places) {
      faults_.damage(file, random.below(bytes),
                     random.below(2) == 0 ? Damage::Unreadable : Damage::FlippedByte);
    }
  }
}

SimMember::Image SimMember::image() const {
  STARLING_CHECK(process_ == nullptr);
  return {disk_.visible(), files_};
}

void SimMember::restore(Image image) {
  STARLING_CHECK(process_ == nullptr);
  files_ = std::move(image.files);
  faults_.heal_damage();
  // What the files hold of what was not synced then is seen when they are opened.
  ledger_is_unknown_ = setup_.engine == SimEngine::LevelDb;
  disk_.restore(std::move(image.records));
}

std::optional<std::string> SimMember::audit() {
  if (process_ == nullptr || setup_.engine == SimEngine::Map) return std::nullopt;
  SimDisk::Image found;
  {
    const SimFileFaults::Spectacles spectacles(faults_);
    const Status scanned =
        process_->store->scan("", kBehindAllKeys, [&found](auto key, auto value) {
          found.emplace(key, value);
          return true;
        });
    if (!scanned.ok()) return " can not read its store: " + scanned.message();
  }
  std::optional<std::string> lie;
  if (!std::exchange(ledger_is_unknown_, false)) lie = disk_.contradiction(found);
  disk_.restore(std::move(found));
  return lie;
}

void SimMember::look_at_ring() {
  const Node& node = process_->node;
  const std::shared_ptr<const Ring> ring = node.ring();
  if (ring == ring_ && ring_of_boot_ == boots_) return;
  ring_ = ring;
  ring_of_boot_ = boots_;
  if (node.configuration() != nullptr) world_.on_adopted(setup_.index, *node.configuration());
}

const Node* SimMember::node() const {
  return process_ == nullptr ? nullptr : &process_->node;
}

void SimMember::perform(const std::function<void(Node&)>& event) {
  if (process_ == nullptr || is_struck()) return;
  if (events_.now() < paused_until_) {
    backlog_.push_back(event);
    return;
  }
  event(process_->node);
  settle();
}

void SimMember::settle() {
  process_->node.check_invariants();
  look_at_ring();
  if (process_->node.is_broken()) return world_.on_broken(setup_.index);
  if (process_->node.must_set_store_aside()) return world_.on_rolled_back(setup_.index);
  arm_timer();
}

void SimMember::arm_timer() {
  const std::optional<Instant> deadline = process_->node.next_deadline();
  if (!deadline.has_value()) return;
  const Instant due = std::max(clock_.virtual_time_of(*deadline), events_.now());
  // A timer that is armed for earlier looks again when it fires.
  if (process_->timer.value_or(Instant::max()) <= due) return;
  process_->timer = due;
  events_.at(due, [this, boot = boots_, due] { wake(boot, due); });
}

void SimMember::wake(std::uint64_t boot, Instant timer) {
  if (this->boot() != boot || process_->timer != timer) return;
  process_->timer.reset();
  perform([this](Node& node) {
    const std::optional<Instant> deadline = node.next_deadline();
    if (deadline.has_value() && *deadline <= clock_.now()) node.on_timer();
  });
}

}  // namespace starling::sim
