#pragma once

// UvTurn: what happens once a turn of the loop rather than once an event. A connection that got
// something to send schedules itself, and is written once, however many messages came together: a
// system call per message would cost up to 27 times as much.

#include <functional>
#include <vector>

#include <uv.h>

#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvTurn;

// Something to do at the end of a turn. Destroying it takes it off the list.
class TurnTask {
 public:
  explicit TurnTask(UvTurn& turn) : turn_(turn) {}
  TurnTask(const TurnTask&) = delete;
  TurnTask& operator=(const TurnTask&) = delete;
  TurnTask(TurnTask&&) = delete;
  TurnTask& operator=(TurnTask&&) = delete;
  virtual ~TurnTask();

  // Once, whatever the number of calls before the turn ends.
  void schedule();

 private:
  friend class UvTurn;
  virtual void at_turn_end() = 0;

  UvTurn& turn_;
  bool scheduled_ = false;
};

class UvTurn {
 public:
  explicit UvTurn(UvLoop& loop);

  // Called before the loop goes to sleep: the time to arm a timer.
  void before_sleep(std::function<void()> hook) { before_sleep_ = std::move(hook); }

 private:
  friend class TurnTask;
  void run_tasks();
  void forget(const TurnTask& task);

  std::vector<TurnTask*> tasks_;  // null: forgotten
  std::function<void()> before_sleep_;
  UvHandle<uv_prepare_t> prepare_;  // after timers, before sleeping
  UvHandle<uv_check_t> check_;      // after what the sockets and wake-ups brought
};

}  // namespace starling
