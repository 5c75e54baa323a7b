#pragma once

// Whether what a request's trace tells fits what its answer says: people believe it when they look
// for the cause of something, so it must not invent answers nor forget them.

#include <string>

#include "starling/status.h"
#include "starling/trace.h"

#include "message/client_messages.h"

namespace starling::sim {

struct TracedAnswer {
  StatusCode result = StatusCode::Ok;  // a get that found nothing: NotFound
  ReplyCounts replies;
};

// Why the trace and the answer can not both be true; empty: they can.
[[nodiscard]] std::string contradiction_in(const starling::Trace& trace,
                                           const TracedAnswer& answer);
[[nodiscard]] bool shows(const starling::Trace& trace, TraceEventKind kind);

}  // namespace starling::sim
