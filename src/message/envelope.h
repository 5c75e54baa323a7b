#pragma once

// Envelope: what every data request between nodes carries, and by which a replica knows whether it
// may answer.

#include "base/ids.h"
#include "base/time.h"

namespace starling {

// The sender itself is known from the handshake of the connection.
struct Envelope {
  Incarnation sender_incarnation;
  OperationId operation;
  Epoch epoch;  // of the sender's ring
  PartitionId partition;
  RowVersion row_version;  // a replica answers only to its own
  FenceStamp fence;        // of the replica at which the carried state was read or minted
  Duration remaining{};    // until the request is worth nothing
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

}  // namespace starling
