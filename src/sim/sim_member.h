#pragma once

// SimMember: one node of the simulated cluster over all its starts: the machine (disk, clock) that
// stays, and the process (Node, storage engine) that comes and goes. It hosts Node as the daemon
// does, in virtual time. Its store is a map or the real LevelDB; under LevelDB `disk()` is the
// ledger of what the files must hold, and each start compares the two.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/transport.h"
#include "message/store_condition.h"
#include "node/node.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"
#include "sim/sim_clock.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "sim/sim_storage.h"
#include "sim/sim_store.h"

namespace starling::sim {

class SimMember {
 public:
  // What a member needs of the world around it.
  class World {
   public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    World(World&&) = delete;
    World& operator=(World&&) = delete;
    virtual ~World() = default;

    virtual void send_to_peer(std::uint32_t from, NodeId to, const PeerMessage& message) = 0;
    [[nodiscard]] virtual bool is_crowded(std::uint32_t from, NodeId to) const = 0;
    virtual void reply_to_client(std::uint32_t from, const ClientHandle& client,
                                 ClientReply reply) = 0;
    virtual void on_log(std::uint32_t node, LogLevel level, std::string_view text) = 0;
    virtual void on_group(std::uint32_t node, const SimStore::Batches& group) = 0;
    // A storage error: the process must end.
    virtual void on_broken(std::uint32_t node) = 0;
    // The machine lost its power in the middle of a write: the process has ended.
    virtual void on_struck(std::uint32_t node) = 0;
    // A store that was opened again is not what the ledger says.
    virtual void on_store_lied(std::uint32_t node, const std::string& how) = 0;
    // The store is an old copy: the process must end, and begin again with an empty one.
    virtual void on_rolled_back(std::uint32_t node) = 0;
    // It works by another configuration than before, or by the same one in a new process.
    virtual void on_adopted(std::uint32_t node, const Configuration& configuration) = 0;
  };

  struct Setup {
    std::uint32_t index = 0;
    NodeOptions options;
    ClusterConfig config;
    SimStorage::Speed disk_speed;
    SimEngine engine = SimEngine::Map;
    ClockError clock_error = {};
  };
  // What is on a disk.
  struct Image {
    SimDisk::Image records;
    SimFiles files;
  };

  SimMember(Setup setup, EventQueue& events, World& world, const Random& random);
  ~SimMember();
  SimMember(const SimMember&) = delete;
  SimMember& operator=(const SimMember&) = delete;
  SimMember(SimMember&&) = delete;
  SimMember& operator=(SimMember&&) = delete;

  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return setup_.options.name; }
  [[nodiscard]] bool is_sync() const { return setup_.options.durability == DurabilityMode::Sync; }
  // 0 while it does not run; else the number of this start.
  [[nodiscard]] std::uint64_t boot() const { return process_ == nullptr ? 0 : boots_; }
  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] const SimDisk& disk() const { return disk_; }
  [[nodiscard]] SimEngine engine() const { return setup_.engine; }
  [[nodiscard]] SimClock& clock() { return clock_; }
  // What it works by, or worked by last.
  [[nodiscard]] const Ring* ring() const { return ring_.get(); }

  // The reason when the node refused to start.
  [[nodiscard]] Status start();
  // The process ends at once. `power` says whether the machine does too.
  enum class Power : std::uint8_t { Stays, Fails };
  void stop(Power power);
  void pause(Duration lasting);
  [[nodiscard]] bool was_paused_since(Instant since) const { return paused_until_ > since; }

  void set_disk_speed(SimStorage::Speed speed);
  // From the next group on every commit fails, one way or another.
  void fail_commits(std::uint64_t how = 0);
  // How much room the host finds on the disk; Full also where commits meet a full disk.
  enum class Shortage : std::uint8_t { Tight, Full, CommitsFail };
  void run_short(Shortage shortage);
  // A store that stopped is opened again within about a second, as the daemon does it.
  void make_room();
  // Some of what is stored can not be read, or not correctly, until it is healed.
  void damage_reads(Random random);
  void heal_damage();
  // Some of the stored records are wrong from now on. Only where the store is a map: a table of
  // LevelDB holds many records in one block, and its compaction ends with the first bad one.
  void rot_records(Random random);
  void spare_commits() { faults_.spare_writes(); }
  // The power goes inside the `calls`-th call of the store from now, that of an open included.
  // False: this store makes none.
  [[nodiscard]] bool strike_after(std::uint64_t calls);
  void call_off_strike() { faults_.call_off_strike(); }
  // REQUIRES, for these: it does not run.
  [[nodiscard]] Image image() const;
  void restore(Image image);
  void erase_disk() { restore({}); }
  // How the running node's store differs from what the disk is said to hold; nothing: it does not.
  [[nodiscard]] std::optional<std::string> audit();

  // Nothing while it does not run.
  [[nodiscard]] const Node* node() const;
  // Hands the node an event, now or when its pause is over, and then sees to its timer.
  void perform(const std::function<void(Node&)>& event);

 private:
  struct Process;

  [[nodiscard]] Result<std::unique_ptr<SimStore>> open_store(const Random& random);
  void use_store(std::unique_ptr<SimStore> store);
  [[nodiscard]] SimStorage::Host host_of_storage();
  [[nodiscard]] bool is_struck() const;
  void end_process(Power power);
  void lose_power();
  void damage_files(Random random);
  void misdirect_block(Random random);
  void report_condition();
  void reopen_later();
  void reopen_store();
  void settle();
  void look_at_ring();
  void wake(std::uint64_t boot, Instant timer);
  void arm_timer();
  void end_pause();

  Setup setup_;
  NodeId id_;
  EventQueue& events_;
  World& world_;
  Random random_;
  StoreCondition condition_ = StoreCondition::Roomy;
  SimDisk disk_;
  SimFiles files_;
  SimFileFaults faults_;
  std::uint64_t machine_starts_ = 1;
  bool ledger_is_unknown_ = false;  // the files were put back to something older
  SimClock clock_;
  SimStorage::Speed disk_speed_;
  std::unique_ptr<Process> process_;
  std::shared_ptr<const Ring> ring_;
  std::uint64_t ring_of_boot_ = 0;  // the start at which it was seen
  std::uint64_t boots_ = 0;
  // The last start that counted, as the machine remembers it whatever becomes of the disk.
  std::optional<BootAnnouncement> last_counted_;
  std::uint64_t reopens_ = 0;  // of the store within a process, over all starts
  Instant paused_until_;
  std::vector<std::function<void(Node&)>> backlog_;  // events that came during the pause
};

}  // namespace starling::sim
