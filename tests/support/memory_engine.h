#pragma once

// MemoryEngine: the simplest StorageEngine. Commits wait until the test completes them, so that a
// test decides what is durable; a crash keeps what was completed and drops the rest.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "env/storage_engine.h"

namespace starling {

class MemoryEngine final : public StorageEngine {
 public:
  struct Queued {
    CommitTicket ticket;
    CommitDemand demand = CommitDemand::Written;
    std::vector<StorageWrite> batch;
  };

  Result<std::optional<std::string>> get(std::string_view key) override {
    ++gets;
    if (damaged.contains(key)) return Status(StatusCode::Corruption, "damaged by the test");
    const auto found = entries.find(key);
    if (found == entries.end()) return std::optional<std::string>{};
    return std::optional<std::string>{found->second};
  }

  Status scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    for (auto it = entries.lower_bound(from); it != entries.end() && it->first < to; ++it) {
      if (damaged.contains(it->first)) return {StatusCode::Corruption, "damaged by the test"};
      if (!visit(it->first, it->second)) break;
    }
    return Status::success();
  }

  CommitTicket commit(std::vector<StorageWrite> batch, CommitDemand demand) override {
    const CommitTicket ticket{++last_ticket_};
    for (const StorageWrite& write : batch) queued_bytes_ += bytes_of(write);
    queue.push_back({.ticket = ticket, .demand = demand, .batch = std::move(batch)});
    return ticket;
  }

  Status commit_now(std::vector<StorageWrite> batch) override {
    for (StorageWrite& write : batch) apply(std::move(write));
    return Status::success();
  }

  std::uint64_t queued_bytes() const override { return queued_bytes_; }
  std::optional<CommitTiming> timing_of(CommitTicket ticket) const override {
    return ticket == CommitTicket{} || ticket > through_ ? std::nullopt : timing;
  }
  // Of every commit that is complete.
  std::optional<CommitTiming> timing;

  // Completes the oldest commits up to `through`; returns the last that is through.
  CommitTicket complete(CommitTicket through) {
    while (!queue.empty() && queue.front().ticket <= through) {
      Queued next = std::move(queue.front());
      queue.pop_front();
      through_ = next.ticket;
      for (StorageWrite& write : next.batch) {
        queued_bytes_ -= bytes_of(write);
        apply(std::move(write));
      }
    }
    return through_;
  }
  CommitTicket complete_all() { return complete(CommitTicket{last_ticket_}); }
  // What was not completed is lost.
  void crash() {
    queue.clear();
    queued_bytes_ = 0;
  }

  std::map<std::string, std::string, std::less<>> entries;
  std::deque<Queued> queue;
  std::set<std::string, std::less<>> damaged;  // reading these keys is Corruption
  std::uint64_t gets = 0;

 private:
  static std::uint64_t bytes_of(const StorageWrite& write) {
    return write.key.size() + (write.value.has_value() ? write.value->size() : 0);
  }

  void apply(StorageWrite write) {
    damaged.erase(write.key);  // the new bytes lie elsewhere
    if (write.value.has_value()) {
      entries[std::move(write.key)] = std::move(*write.value);
    } else {
      entries.erase(write.key);
    }
  }

  std::uint64_t last_ticket_ = 0;
  std::uint64_t queued_bytes_ = 0;
  CommitTicket through_;
};

}  // namespace starling
