#pragma once

// ChangeDesk: what operators order about the members: `cluster leave`, `remove`, `plan`, `commit`
// and `abort`. What is staged stands in the agreed configuration, so each order but `plan` is one
// proposal to the voters: it survives the node that was asked, and of two operators the second sees
// what the first did. Where another configuration is decided in between, the order is looked at
// anew on top of that one. Taking the rows where a commit wants them is ChangeDriver's affair.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "node/answer_desk.h"
#include "node/chain_service.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"

namespace starling {

class ChangeDesk {
 public:
  struct Neighbours {
    ChainService& chain;
    const BootConfirmation& confirmation;
    const PeerTable& peers;
    AnswerDesk& desk;
    Log& log;
    NodeId self;
    ConfigDigest config;  // what this node was started with
  };
  // Orders that wait for their turn, the one being decided included.
  static constexpr std::size_t kOrdersMax = 16;

  explicit ChangeDesk(const Neighbours& neighbours) : neighbours_(neighbours) {}

  // Errors, also of the answer:
  //   Usage            no such member, or the change can not be.
  //   ConditionFailed  of Commit: nothing is staged, or another plan than that one; of Abort:
  //                    nothing is staged.
  //   Overloaded       too many orders wait here, or too much is staged.
  //   Unavailable      this node can not ask the voters now, or they were busy: nothing was done.
  //   InDoubt          the voters were asked and have not decided in time: they may yet.
  [[nodiscard]] Status begin(const ClientHandle& client, const ChangeOrder& order, Instant now,
                             Instant deadline);
  // Goes on with what was adopted meanwhile; asked after each event.
  void collect(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::size_t running() const { return jobs_.size(); }

 private:
  struct Job {
    ClientHandle client;
    ChangeOrder order;
    Instant deadline;
    std::optional<Epoch> proposed;     // the last one; nothing: none yet
    std::vector<StagedChange> wanted;  // what the last proposal stages, commits or takes back
    ClusterChangeReply report;         // as of the last proposal, of Commit and Abort
  };

  // Whether the first job is over, and answered.
  [[nodiscard]] bool advance(Job& job, Instant now);
  [[nodiscard]] bool is_done(const Job& job) const;
  // What to propose for it now.
  [[nodiscard]] Result<Configuration> next_of(Job& job) const;
  void answer(const Job& job);
  void expire(Instant now);
  [[nodiscard]] static Status too_late(const Job& job);
  // Of what is staged in the adopted configuration.
  [[nodiscard]] ClusterChangeReply report_of(ChangeVerb verb) const;
  void add_plan(ClusterChangeReply& report, const ChangePlan& plan) const;
  void warn_of_absent(ClusterChangeReply& report) const;
  [[nodiscard]] const Configuration& adopted() const { return *neighbours_.chain.adopted(); }

  Neighbours neighbours_;
  std::deque<Job> jobs_;          // at most kOrdersMax; the first is being decided
  std::optional<Instant> retry_;  // when another proposal of this node may be over
};

}  // namespace starling
