#include "sim/sim_member.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

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
#include "node/node.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "sim/event_queue.h"
#include "sim/sim_storage.h"

namespace starling::sim {
namespace {

class MemberTransport final : public Transport {
 public:
  MemberTransport(SimMember::World& world, std::uint32_t index) : world_(world), index_(index) {}

  void send(std::span<const NodeId> to, const PeerMessage& message) override {
    for (const NodeId node : to) world_.send_to_peer(index_, node, message);
  }
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

}  // namespace

// What a process loses when it ends.
struct SimMember::Process {
  Process(SimMember& member, SimStorage::Host host, const Random& random)
      : transport(member.world_, member.setup_.index),
        log(member.world_, member.setup_.index),
        storage(member.disk_, std::move(host), random.fork("storage"), member.disk_speed_),
        node(member.setup_.options, member.setup_.config,
             NodeHost{member.clock_, transport, storage, log, random.fork("node")}) {}

  MemberTransport transport;
  MemberLog log;
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
      clock_(events),
      disk_speed_(setup_.disk_speed),
      adopted_(first_ring(setup_.config)),
      founding_epoch_(adopted_->epoch()) {}

SimMember::~SimMember() = default;

Status SimMember::start() {
  STARLING_CHECK(process_ == nullptr);
  const std::uint64_t boot = ++boots_;
  paused_until_ = events_.now();
  SimStorage::Host host;
  host.later = [this, boot](Duration delay, EventQueue::Action action) {
    events_.after(delay, [this, boot, action = std::move(action)] {
      if (this->boot() == boot) action();
    });
  };
  host.completed = [this](CommitTicket through, const Status& status) {
    perform([through, status](Node& node) { node.on_committed(through, status); });
  };
  host.observed = [this](const std::vector<StorageWrite>& batch) {
    world_.on_batch(setup_.index, batch);
  };
  process_ = std::make_unique<Process>(*this, std::move(host), random_.fork("boot", boot));
  Status started = process_->node.start();
  if (!started.ok()) {
    process_.reset();
    return started;
  }
  if (adopted_->epoch() > founding_epoch_) process_->node.adopt_ring(adopted_);
  settle();
  return started;
}

void SimMember::stop(Power power) {
  if (process_ == nullptr) return;
  process_->storage.abandon();
  process_.reset();
  backlog_.clear();
  if (power == Power::Fails) {
    Random survivors = random_.fork("survivors", boots_);
    disk_.lose_power(survivors.below(disk_.unsynced_batches() + 1));
  }
}

void SimMember::pause(Duration lasting) {
  if (process_ == nullptr) return;
  paused_until_ = std::max(paused_until_, events_.now() + lasting);
  events_.at(paused_until_, [this] { end_pause(); });
}

void SimMember::end_pause() {
  if (events_.now() < paused_until_) return;  // a longer one began meanwhile
  for (const std::function<void(Node&)>& event : std::exchange(backlog_, {})) {
    if (process_ != nullptr) event(process_->node);
  }
  if (process_ != nullptr) settle();
}

void SimMember::set_disk_speed(SimStorage::Speed speed) {
  disk_speed_ = speed;
  if (process_ != nullptr) process_->storage.set_speed(speed);
}

void SimMember::fail_commits() {
  if (process_ != nullptr) process_->storage.fail_commits();
}

void SimMember::spare_commits() {
  if (process_ != nullptr) process_->storage.spare_commits();
}

void SimMember::adopt(std::shared_ptr<const Ring> ring) {
  if (ring->epoch() <= adopted_->epoch()) return;
  adopted_ = std::move(ring);
  perform([ring = adopted_](Node& node) { node.adopt_ring(ring); });
}

const Node* SimMember::node() const {
  return process_ == nullptr ? nullptr : &process_->node;
}

void SimMember::perform(const std::function<void(Node&)>& event) {
  if (process_ == nullptr) return;
  if (events_.now() < paused_until_) {
    backlog_.push_back(event);
    return;
  }
  event(process_->node);
  settle();
}

void SimMember::settle() {
  process_->node.check_invariants();
  if (process_->node.is_broken()) return world_.on_broken(setup_.index);
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
