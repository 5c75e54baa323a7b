#pragma once

// CommitNotifier: how a storage lane, on a thread of its own, tells the loop that commits are
// complete. The loop then drains the completions. The daemon's is an eventfd.

namespace starling {

class CommitNotifier {
 public:
  CommitNotifier() = default;
  CommitNotifier(const CommitNotifier&) = delete;
  CommitNotifier& operator=(const CommitNotifier&) = delete;
  CommitNotifier(CommitNotifier&&) = delete;
  CommitNotifier& operator=(CommitNotifier&&) = delete;
  virtual ~CommitNotifier() = default;

  // Wakes the loop. Called on any thread, at most once between two drains.
  virtual void notify() = 0;
};

}  // namespace starling
