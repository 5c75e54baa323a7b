#pragma once

// RequestTable: the requests of one client that are not answered yet, in places that are used
// again. A request is named by its place and a number that is never used twice, so that what comes
// late for an earlier one is recognised without a search.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "starling/status.h"

#include "base/time.h"
#include "client/call.h"
#include "client/endpoint_pool.h"

namespace starling {

struct PendingRequest {
  //   Waiting -> Sent -> (answered)
  //      ^        | refused, lost, or silent too long
  //      +--------+--> Sleeping, once every node has been tried
  enum class State : std::uint8_t {
    Waiting,   // for a connection
    Sent,      // and not answered
    Sleeping,  // before the next round
  };

  Call call;
  std::uint64_t id = 0;        // of the request, for the timer
  std::uint64_t key_hash = 0;  // 0: it is about no key
  State state = State::Waiting;
  Instant look_at;  // when to look at it next, at the latest its deadline
  std::bitset<EndpointPool::kNodesMax> tried;  // in this round
  std::uint32_t rounds_left = 0;
  Status failure;  // the most telling of this round's
  Status doubt;    // not ok: it was sent before, as a write of which nobody knows the end

  // When Sent.
  std::uint64_t number = 0;  // on the wire: an id of its own for each time it is sent
  std::size_t node = 0;
  ConnectionId connection;
  std::uint64_t end_of_bytes = 0;  // where its bytes end in what the connection sends
  Instant sent_at;
};

class RequestTable {
 public:
  static constexpr std::size_t kRequestsMax = std::size_t{1} << 20U;

  // REQUIRES: size() < kRequestsMax.
  PendingRequest& insert(Call call);
  // nullptr: ended.
  [[nodiscard]] PendingRequest* find(std::uint64_t id);
  // A name for the next time that `request` is sent.
  [[nodiscard]] std::uint64_t next_number(const PendingRequest& request);
  // The request that was last sent under that name; nullptr: nobody waits for it any more.
  [[nodiscard]] PendingRequest* sent_as(std::uint64_t number);
  void erase(const PendingRequest& request);

  [[nodiscard]] std::size_t size() const { return size_; }
  // The ids of all requests for which `wanted` holds. Walks all places.
  template <typename Wanted>
  [[nodiscard]] std::vector<std::uint64_t> ids_where(const Wanted& wanted) const {
    std::vector<std::uint64_t> ids;
    for (const auto& place : places_) {
      if (place->id != 0 && wanted(*place)) ids.push_back(place->id);
    }
    return ids;
  }

 private:
  [[nodiscard]] std::uint64_t name_at(std::size_t place);
  [[nodiscard]] PendingRequest* at_place_of(std::uint64_t name);

  // Requests keep their addresses while the table grows.
  std::vector<std::unique_ptr<PendingRequest>> places_;
  std::vector<std::size_t> free_;
  std::uint64_t named_ = 0;
  std::size_t size_ = 0;
};

}  // namespace starling
