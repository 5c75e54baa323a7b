#pragma once

// Dispatcher: what becomes of a client's requests: which node is asked, what silence, a refusal or
// a broken connection mean, when to ask again and when to give up. Pure: bytes, clocks and threads
// are the affair of who drives it (reactor.h).
//
// A request visits each node at most once a round, the preferred first; it is sent again only where
// exchange.h finds that safe, and within a budget. Between rounds it sleeps. Its deadline ends it
// in whatever state it is.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "base/time.h"
#include "client/call.h"
#include "client/carrier.h"
#include "client/deadline_queue.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/exchange.h"
#include "client/request_table.h"
#include "client/retry_budget.h"
#include "client/route_table.h"
#include "message/client_messages.h"

namespace starling {

struct DispatcherOptions {
  std::vector<Endpoint> endpoints;
  Routing routing = Routing::Owners;
  std::uint32_t rounds = 1;
};

class Dispatcher {
 public:
  struct Finished {
    Call::Done done;
    Result<ClientReply> result;
    std::size_t bytes = 0;  // what the call held
  };

  // `carrier` outlives the dispatcher. REQUIRES: options.endpoints is not empty.
  Dispatcher(const DispatcherOptions& options, Carrier& carrier, const Random& random);

  void submit(Call call, Instant now);
  void on_open(ConnectionId connection, Instant now);
  void on_reply(ConnectionId connection, std::uint64_t number, ClientReply reply, Instant now);
  // `sent`: how many bytes of the connection's requests had gone out.
  void on_broken(ConnectionId connection, const Status& why, std::uint64_t sent, Instant now);
  void on_timer(Instant now);
  // Ends every request: in doubt where a write was sent, otherwise as nothing applied.
  void end_all(const std::string& why);

  // When on_timer() wants to be called; nothing: not before the next event.
  [[nodiscard]] std::optional<Instant> next_timer();
  // Calls that ended since the last time.
  [[nodiscard]] std::vector<Finished> take_finished();
  [[nodiscard]] std::size_t unanswered() const { return requests_.size(); }

 private:
  using State = PendingRequest::State;

  // What is known of a connection beside its node's state.
  struct Line {
    std::size_t node = 0;
    std::size_t outstanding = 0;  // requests sent and not answered
    std::size_t abandoned = 0;    // answers that nobody waits for any more
    bool retired = false;         // it takes no more requests, and ends with its last answer
    Instant heard_at;
    // When the earliest request was sent that was given up since then; nothing: none was.
    std::optional<Instant> missed_since{};
  };

  // ---- Where a request goes (dispatcher_routes.cc).
  // The untried nodes that suit a request best: of the open ones, and of all.
  struct Choice {
    std::optional<std::size_t> open;
    std::optional<std::size_t> idle;
    std::optional<std::size_t> better_idle;  // the idle one, where it suits better than the open
    bool hopeful = false;                    // one is being connected, and not for long
    std::size_t untried = 0;                 // open or not
  };
  [[nodiscard]] Choice choose(const PendingRequest& request, Instant now) const;
  [[nodiscard]] std::uint64_t preference(const PendingRequest& request, std::size_t node,
                                         Instant now) const;
  void connect(std::size_t node, Instant now);
  void learn_route(const PendingRequest& request, const ClientReply& reply, Instant now);
  void refresh_members(Instant now);
  void adopt_members(const Result<ClientReply>& reply);

  // ---- What becomes of it (dispatcher.cc).
  void place(PendingRequest& request, Instant now);
  void send(PendingRequest& request, std::size_t node, std::size_t others, Instant now);
  void follow(PendingRequest& request, const Conclusion& conclusion, Instant now);
  void end_round(PendingRequest& request, Instant now);
  void look_at(PendingRequest& request, Instant at);
  void expire(PendingRequest& request, Instant now);
  void on_silence(PendingRequest& request, Instant now);
  void look_at_connections(Instant now);
  void lose_connection(ConnectionId id, const Status& why, std::uint64_t sent, Instant now);
  void fail_connecting(std::size_t node, const Status& why, Instant now);
  void place_waiting(Instant now);
  void leave_line(PendingRequest& request, bool answered);
  [[nodiscard]] bool is_dead(const PendingRequest& request, Instant now) const;
  void retire(ConnectionId connection, Instant now);
  void finish(PendingRequest& request, Result<ClientReply> result);
  [[nodiscard]] Status unreachable(const PendingRequest& request) const;
  [[nodiscard]] bool counts(const DeadlineQueue::Entry& entry);

  Carrier& carrier_;
  Routing routing_;
  std::uint32_t rounds_;
  Random random_;
  EndpointPool nodes_;
  RouteTable routes_;
  RequestTable requests_;
  DeadlineQueue timers_;
  RetryBudget budget_;
  std::map<ConnectionId, Line> lines_;  // those that are open
  std::vector<std::uint64_t> waiting_;  // ids of requests without a connection; some have ended
  std::vector<Finished> finished_;
  std::uint64_t connections_ = 0;
  std::size_t favourite_ = 0;  // the node that answered last, for requests about no key
  bool refreshing_ = false;
  Instant refresh_not_before_;
};

}  // namespace starling
