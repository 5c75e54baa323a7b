#pragma once

// ClientEngine: lets any number of threads share one reactor, which only one may drive at a time:
// who drives has the seat.
//
// A thread in a call that waits takes the seat when it is free, and drives until its own answer is
// there; then it leaves the seat to another that waits. So a program that only makes such calls
// costs no thread and no wake-up. The first asynchronous call starts a thread, which has the seat
// from then on.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "client/call.h"
#include "client/dispatcher.h"
#include "client/reactor.h"
#include "message/client_messages.h"

namespace starling {

class ClientEngine {
 public:
  explicit ClientEngine(ClientOptions options);
  ClientEngine(const ClientEngine&) = delete;
  ClientEngine& operator=(const ClientEngine&) = delete;
  ClientEngine(ClientEngine&&) = delete;
  ClientEngine& operator=(ClientEngine&&) = delete;
  ~ClientEngine();

  struct Terms {
    std::chrono::milliseconds timeout{};
    Retry retry = Retry::Safe;
  };

  // Waits for the answer, which is of the kind that was asked for, or the reason why there is none.
  [[nodiscard]] Result<ClientReply> call(ClientRequestBody request, const Terms& terms);
  // call(), where the answer is a `Reply`.
  template <typename Reply>
  [[nodiscard]] Result<Reply> call_for(ClientRequestBody request, const Terms& terms) {
    STARLING_ASSIGN_OR_RETURN(called, ClientReply reply, call(std::move(request), terms));
    return std::get<Reply>(std::move(reply));
  }
  // Calls `done` with it later, from a thread that drives. When not ok, it never does, and
  // `request` is as it was.
  [[nodiscard]] Status submit(ClientRequestBody&& request, const Terms& terms, Call::Done done);
  // Starts the thread that drives whether or not somebody waits.
  [[nodiscard]] Status start_thread();

  // What a thread waits for: somebody's complete().
  class Waiter {
   private:
    friend class ClientEngine;
    bool done_ = false;
    std::condition_variable wake_;
  };
  // Usage: within a completion, which would wait for itself.
  [[nodiscard]] Status may_wait();
  // Drives, if nobody else does, until complete(waiter). REQUIRES: may_wait().
  void wait(Waiter& waiter);
  void complete(Waiter& waiter);

  // A number that no other request of any client carries: replays are recognised by it.
  [[nodiscard]] RequestId next_request_id() { return {.client = nonce_, .counter = ++requests_}; }

 private:
  [[nodiscard]] Status check_room(std::size_t bytes) const;
  // Drives for one turn, with the seat and without the lock.
  void turn();
  void deliver(std::vector<Dispatcher::Finished> finished);
  void take_seat(std::unique_lock<std::mutex>& lock);
  void leave_seat();
  void run_thread();

  ClientOptions options_;
  Status usable_;  // not ok: every call's answer
  Hash128 nonce_;
  std::atomic<std::uint64_t> requests_ = 0;
  std::unique_ptr<Reactor> reactor_;  // of who has the seat; but wake() is anybody's

  std::mutex mutex_;
  // Below: under the lock.
  std::vector<Call> inbox_;
  std::size_t outstanding_ = 0;
  std::size_t outstanding_bytes_ = 0;
  std::optional<std::thread::id> driver_;  // who has the seat
  bool asleep_ = false;                    // the driver waits for its sockets
  bool stopping_ = false;
  std::vector<Waiter*> waiters_;  // without the seat
  std::condition_variable seat_;  // the thread waits for it
  std::thread thread_;
};

}  // namespace starling
